/** Something that stays open until its program, its server or its session ends it: a WebSocket, an EventSource. */
interface Channel {
  close(): void;
}

/** The channels of a session that are open. Owned by Session, which would otherwise wait for them for ever. */
export class OpenChannels {
  readonly #open = new Set<Channel>();

  add(channel: Channel): void {
    this.#open.add(channel);
  }

  delete(channel: Channel): void {
    this.#open.delete(channel);
  }

  /** Begins to close every channel: a WebSocket says goodbye first. */
  close(): void {
    for (const channel of this.#open) channel.close();
    this.#open.clear();
  }
}
