/**
 * How long this process has had a processor [ms], its helpers that collect garbage included: what
 * work costs that is to be done in time, whatever else the machine has to do meanwhile.
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
