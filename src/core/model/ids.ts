/**
 * The identities of the domain. All are strings on the wire; the brands keep one kind from being
 * passed for another.
 */
import type { Brand } from '../../base/brand.ts';

/** A UUID in its lower-case text form, drawn at the edge. */
export type AllocId = Brand<string, 'AllocId'>;
export type NodeId = Brand<string, 'NodeId'>;
export type EvalId = Brand<string, 'EvalId'>;
export type DeploymentId = Brand<string, 'DeploymentId'>;
/** Chosen by the job's author; unique within its namespace. */
export type JobId = Brand<string, 'JobId'>;
/** `default` unless said otherwise. */
export type Namespace = Brand<string, 'Namespace'>;

export const DEFAULT_NAMESPACE = 'default' as Namespace;
