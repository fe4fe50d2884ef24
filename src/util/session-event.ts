/** The first argument of an event listener, as in Electron. */
export class SessionEvent<S = unknown> {
  /** The object that emits the event. */
  readonly sender: S;
  #prevented = false;

  constructor(sender: S) {
    this.sender = sender;
  }

  /** Whether a listener called `preventDefault`. */
  get defaultPrevented(): boolean {
    return this.#prevented;
  }

  /** Keeps the default from happening, where the event has one. */
  preventDefault(): void {
    this.#prevented = true;
  }
}
