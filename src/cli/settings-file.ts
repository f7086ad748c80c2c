/** Files in the language of the agent's configuration: large, so it is loaded with the first. */
import type { JsonObject } from '../base/json.ts';
import type { Settings } from '../core/agent-config/setting.ts';

/**
 * What a file says, or what is wrong with it, with the places.
 *
 * @param settings what it may hold; absent: what an agent's configuration may
 */
export async function readSettings(
  name: string,
  text: string,
  settings?: Settings,
): Promise<Readonly<{ file: JsonObject }> | Readonly<{ wrong: string }>> {
  const [{ decodeAgentFile, isAgentFile }, { Source }, { renderDiagnostics }] = await Promise.all([
    import('../core/agent-config/decode.ts'),
    import('../core/hcl/source.ts'),
    import('../core/hcl/diagnostic.ts'),
  ]);
  const source = new Source(name, text);
  const file = decodeAgentFile(source, settings);
  if (isAgentFile(file)) return { file };
  return { wrong: renderDiagnostics(file, new Map([[source.name, source]])) };
}
