/** Uses the broker at the address, or starts one in memory for as long as `work` takes. */
export async function withBroker<R>(url: string | undefined, work: (url: string) => Promise<R>): Promise<R> {
  if (url !== undefined) return work(url);
  const { startBroker } = await import('../../../../broker/index.ts');
  const broker = await startBroker({ config: { port: 0, mqttPort: 0, memory: true } });
  try {
    return await work(`ws://${broker.address.host}:${broker.address.port}`);
  } finally {
    await broker.stop();
  }
}
