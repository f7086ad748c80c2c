/** The program as a thread of an agent: reads large texts. */
import { decodeYaml } from '../core/hcl/yaml.ts';
import { answerQuestions } from '../io/thread/side-thread.ts';
import { parseJobSource } from './parse-job.ts';

/** Serves until the agent ends it. */
export function threadMain(): void {
  answerQuestions((text = '', variables = '') =>
    JSON.stringify(parseJobSource(text, variables, { decodeYaml })),
  );
}
