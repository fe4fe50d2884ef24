import type { ReceivedBody } from './fetch-response.ts';

/** A response's body that is here already. */
export class BufferedBody implements ReceivedBody {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  // It cannot fail any more.
  set onFailure(_: (error: unknown) => void) {}

  bytes(): Promise<Buffer> {
    return Promise.resolve(Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength));
  }

  cancel(): void {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    yield await this.bytes();
  }
}
