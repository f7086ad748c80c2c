/** What is said of ids that this agent did not register. The words are Consul's. */
import { Failure } from '../base/failure.ts';

export function unknownService(id: string): Failure {
  const hint = 'Ensure that the service ID is passed, not the service name.';
  return new Failure('not_found', `Unknown service ID "${id}". ${hint}`);
}

export function unknownCheck(id: string): Failure {
  const hint = 'Ensure that the check ID is passed, not the check name.';
  return new Failure('not_found', `Unknown check ID "${id}". ${hint}`);
}
