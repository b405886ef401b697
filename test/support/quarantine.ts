import { connect } from 'amqplib';

export interface Quarantined {
  readonly messageId: string;
  readonly reason: string;
  readonly body: unknown;
}

/** What was set aside from an address; it stays there. */
export async function readQuarantine(url: string, address: string): Promise<Quarantined[]> {
  const connection = await connect(url);
  try {
    const channel = await connection.createChannel();
    const found: Quarantined[] = [];
    // Closing the connection puts back what is not acked.
    for (;;) {
      const message = await channel.get(`${address}.quarantine`);
      if (!message) return found;
      const { properties, content } = message;
      found.push({
        messageId: String(properties.messageId),
        reason: String(properties.headers?.['samovar-reason']),
        body: JSON.parse(content.toString()) as unknown,
      });
    }
  } finally {
    await connection.close();
  }
}
