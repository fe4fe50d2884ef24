import type { Clock, Timer } from '../util/clock.ts';

/** Called with the number of bytes that the link has carried. It must not throw. */
export type Deliver = (bytes: number) => void;

/** A part of a transfer that the link is carrying. */
interface Piece {
  readonly transfer: Transfer;
  readonly bytes: number;
  /** The virtual time at which it was begun; at `begin + bytes` it is through. */
  readonly begin: number;
}

/** How long a piece takes its transfer, so that progress is smooth. */
const pieceMs = 20;

/** Pieces per second at most, so that thousands of transfers do not mean tens of thousands of timers' worth of work. */
const maxPiecesPerSecond = 5000;

const minPieceBytes = 16;

/** Less than this is now: the clock's own precision. */
const momentMs = 0.001;

/** A gap between two pieces that is the program's own slowness: the link makes it good. */
const maxGapMs = 20;

/**
 * One direction of an emulated network: a rate that all transfers share in equal parts.
 *
 * Each of n transfers gets rate / n at every moment (processor sharing). Virtual time is the number of bytes that a transfer
 * would have got had it been there all along: it passes at rate / n, so that a piece of b bytes begun at v is through at
 * v + b, however many come and go meanwhile. A new rate changes only how fast it passes. A timer runs to the next piece
 * alone; when it is late, what became due is reckoned as if it had been in time.
 *
 * Owned by Shaper.
 */
export class Link {
  readonly #clock: Clock;
  /** By finish, the first one first; of the same finish in order of beginning. */
  readonly #pieces: Piece[] = [];
  #bytesPerSecond = 0;
  #virtual = 0;
  /** The moment to which `#virtual` was reckoned; while nothing is carried, when the last piece was through. */
  #reckonedAt = 0;
  #isReckoning = false;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Changes the rate from now on; 0 carries everything at once. */
  setRate(bytesPerSecond: number): void {
    this.#reckon();
    this.#bytesPerSecond = bytesPerSecond;
    if (bytesPerSecond === 0) for (const { transfer } of this.#pieces.splice(0)) transfer.carried(transfer.wanted);
    this.#arm();
  }

  /** Takes up what a transfer wants. @internal */
  begin(transfer: Transfer): void {
    if (this.#bytesPerSecond === 0) return transfer.carried(transfer.wanted);
    this.#reckon();
    const now = this.#clock.now();
    if (this.#pieces.length === 0 && now - this.#reckonedAt > maxGapMs) this.#reckonedAt = now;
    this.#insert(transfer);
    return this.#arm();
  }

  /** Gives up what a transfer wanted. @internal */
  withdraw(transfer: Transfer): void {
    this.#reckon();
    const index = this.#pieces.findIndex(piece => piece.transfer === transfer);
    if (index >= 0) this.#pieces.splice(index, 1);
    this.#arm();
  }

  #insert(transfer: Transfer): void {
    const usual = this.#usualBytes(this.#pieces.length + 1);
    this.#put({ transfer, bytes: Math.min(transfer.wanted, usual), begin: this.#virtual });
    // What was begun when fewer shared the link comes in parts that fit the present.
    for (let last = this.#pieces.at(-1)!; finishOf(last) - this.#virtual > 2 * usual; last = this.#pieces.at(-1)!) {
      this.#pieces.pop();
      this.#put({ ...last, bytes: Math.ceil(this.#virtual - last.begin) + usual });
    }
  }

  #usualBytes(sharers: number): number {
    const share = (this.#bytesPerSecond * pieceMs) / 1000 / sharers;
    return Math.ceil(Math.max(minPieceBytes, this.#bytesPerSecond / maxPiecesPerSecond, share));
  }

  #put(piece: Piece): void {
    let index = this.#pieces.length;
    while (index > 0 && finishOf(this.#pieces[index - 1]!) > finishOf(piece)) index--;
    this.#pieces.splice(index, 0, piece);
  }

  /** When the next piece is through. */
  #due(): number {
    const bytes = (finishOf(this.#pieces[0]!) - this.#virtual) * this.#pieces.length;
    return this.#reckonedAt + (bytes * 1000) / this.#bytesPerSecond;
  }

  /** Brings virtual time up to now, and hands over what is through on the way. What is handed over may begin anew. */
  #reckon(): void {
    if (this.#isReckoning) return;
    this.#isReckoning = true;
    const now = this.#clock.now();
    while (this.#pieces.length > 0) {
      const due = this.#due();
      if (due - now > momentMs) {
        this.#virtual += ((now - this.#reckonedAt) * this.#bytesPerSecond) / 1000 / this.#pieces.length;
        this.#reckonedAt = now;
        break;
      }
      const piece = this.#pieces.shift()!;
      this.#virtual = finishOf(piece);
      this.#reckonedAt = due;
      piece.transfer.carried(piece.bytes);
    }
    this.#isReckoning = false;
  }

  #arm(): void {
    if (this.#isReckoning) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#pieces.length === 0) return;
    const wait = Math.max(0, this.#due() - this.#clock.now());
    // It keeps the process alive: what it carries may be all that the program waits for.
    const onDue = (): void => {
      this.#reckon();
      this.#arm();
    };
    this.#timer = this.#clock.setTimeout(onDue, wait, true);
  }
}

function finishOf({ begin, bytes }: Piece): number {
  return begin + bytes;
}

/** What wants to go over a link, one chunk after another. */
export class Transfer {
  readonly #link: Link;
  #deliver: Deliver = () => {};
  #wanted = 0;
  #isCarried = false;

  constructor(link: Link) {
    this.#link = link;
  }

  /** How much of the chunk is still to come. */
  get wanted(): number {
    return this.#wanted;
  }

  /**
   * Asks for a chunk to be carried. `deliver` is told of each part that is through: later while the link has a rate, else
   * before `send` returns. One chunk at a time.
   */
  send(bytes: number, deliver: Deliver): void {
    this.#wanted = bytes;
    this.#deliver = deliver;
    this.#begin();
  }

  /** Gives up the rest of the chunk. */
  stop(): void {
    if (this.#wanted === 0) return;
    this.#wanted = 0;
    this.#isCarried = false;
    this.#link.withdraw(this);
  }

  /** @internal */
  carried(bytes: number): void {
    this.#isCarried = false;
    this.#wanted -= bytes;
    this.#deliver(bytes);
    if (this.#wanted > 0 && !this.#isCarried) this.#begin();
  }

  #begin(): void {
    this.#isCarried = true;
    this.#link.begin(this);
  }
}
