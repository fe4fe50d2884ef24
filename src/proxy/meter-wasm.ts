// WebAssembly core specification 2.0: section ids (5.5.2) and the opcodes (5.4) that matter here.
const section = { type: 1, import: 2, function: 3, global: 6, export: 7, code: 10 } as const;
const loop = 0x03;
const bulkPrefix = 0xfc;
const bulk = { memoryCopy: 10, memoryFill: 11 } as const;

/** The name under which a metered module exports its fuel, a mutable global of type i32. */
export const fuelExport = 'fuel';

type Bytes = Uint8Array<ArrayBuffer>;

const immediates = Int8Array.from({ length: 256 }, (_, opcode) => countImmediates(opcode));

/**
 * Rewrites a WebAssembly module so that it cannot run for ever: every turn of every loop takes one unit from a counter,
 * every bulk copy or fill one unit for 16 bytes, and the module traps when the counter falls below zero.
 *
 * QuickJS asks its interrupt handler once in 10,000 steps of a script, and never inside a built-in function: a search, a
 * sort or a regular expression can take hours between two such questions. This counts what the engine really does, and
 * the same script always costs the same. The counter starts full, for the module's own start-up.
 *
 * @throws {RangeError} If the module holds what it was not made for (SIMD, threads, exceptions).
 */
export function meterWasm(module: Uint8Array): Bytes {
  const reader = new WasmReader(module);
  const plan = survey(new WasmReader(module));
  const chunks: Uint8Array[] = [module.subarray(0, 8)];
  for (reader.at = 8; reader.at < module.length; ) {
    const start = reader.at;
    const id = module[reader.at++]!;
    const end = reader.number() + reader.at;
    const content = rewriteSection(id, reader, { end, plan });
    chunks.push(...(content ? sized([id], content) : [module.subarray(start, end)]));
    reader.at = end;
  }
  return concat(chunks);
}

interface Plan {
  readonly fuel: number;
  /** Index of the new function type, and of the two new functions. */
  readonly bulkType: number;
  readonly copy: number;
  readonly fill: number;
}

/** Finds the indices that what is added at the end of each list will have. */
function survey(reader: WasmReader): Plan {
  const counts = { types: 0, functions: 0, globals: 0 };
  for (reader.at = 8; reader.at < reader.bytes.length; ) {
    const id = reader.bytes[reader.at++]!;
    const end = reader.number() + reader.at;
    if (id === section.import) reader.imports(counts);
    else if (id === section.type) counts.types = reader.number();
    else if (id === section.function) counts.functions += reader.number();
    else if (id === section.global) counts.globals += reader.number();
    reader.at = end;
  }
  return { fuel: counts.globals, bulkType: counts.types, copy: counts.functions, fill: counts.functions + 1 };
}

function rewriteSection(
  id: number,
  reader: WasmReader,
  { end, plan }: { readonly end: number; readonly plan: Plan },
): Uint8Array[] | undefined {
  const append = (added: number, bytes: readonly number[]): Uint8Array[] => {
    const count = reader.number();
    return [Uint8Array.from(leb(count + added)), reader.bytes.subarray(reader.at, end), Uint8Array.from(bytes)];
  };
  switch (id) {
    case section.type:
      return append(1, [0x60, 3, 0x7f, 0x7f, 0x7f, 0]); // (i32, i32, i32) -> ()
    case section.function:
      return append(2, [...leb(plan.bulkType), ...leb(plan.bulkType)]);
    case section.global:
      return append(1, [0x7f, 1, 0x41, 0xff, 0xff, 0xff, 0xff, 0x07, 0x0b]); // mutable i32, 2^31 - 1
    case section.export: {
      const name = new TextEncoder().encode(fuelExport);
      return append(1, [name.length, ...name, 3, ...leb(plan.fuel)]);
    }
    case section.code:
      return rewriteCode(reader, plan);
    default:
      return undefined;
  }
}

function rewriteCode(reader: WasmReader, plan: Plan): Uint8Array[] {
  const count = reader.number();
  const parts: Uint8Array[] = [Uint8Array.from(leb(count + 2))];
  for (let index = 0; index < count; index++) {
    const end = reader.number() + reader.at;
    parts.push(...sized([], rewriteFunction(reader, end, plan)));
  }
  for (const tail of [
    [bulkPrefix, bulk.memoryCopy, 0, 0],
    [bulkPrefix, bulk.memoryFill, 0],
  ]) {
    // No locals; charge a sixteenth of the third parameter; then what was asked for.
    const body = [0, ...charge(plan.fuel, [0x20, 2, 0x41, 4, 0x76]), 0x20, 0, 0x20, 1, 0x20, 2, ...tail, 0x0b];
    parts.push(...sized([], [Uint8Array.from(body)]));
  }
  return parts;
}

function rewriteFunction(reader: WasmReader, end: number, plan: Plan): Uint8Array[] {
  const { bytes } = reader;
  const turn = Uint8Array.from(charge(plan.fuel, [0x41, 1]));
  const parts: Uint8Array[] = [];
  let copied = reader.at;
  for (let groups = reader.number(); groups > 0; groups--) reader.skipNumbers(2);
  while (reader.at < end) {
    const start = reader.at;
    const replaced = reader.instruction();
    if (bytes[start] === loop) {
      parts.push(bytes.subarray(copied, reader.at), turn);
    } else if (replaced !== undefined) {
      const target = replaced === bulk.memoryCopy ? plan.copy : plan.fill;
      parts.push(bytes.subarray(copied, start), Uint8Array.from([0x10, ...leb(target)]));
    } else continue;
    copied = reader.at;
  }
  parts.push(bytes.subarray(copied, end));
  return parts;
}

/** Takes what `amount` leaves on the stack from the fuel, and traps when that was too much. */
function charge(fuel: number, amount: readonly number[]): number[] {
  const index = leb(fuel);
  const take = [0x23, ...index, ...amount, 0x6b, 0x24, ...index]; // global.get, amount, i32.sub, global.set
  return [...take, 0x23, ...index, 0x41, 0, 0x48, 0x04, 0x40, 0x00, 0x0b]; // if (fuel < 0) unreachable
}

/** Reads the binary format, as far as it must be understood to find loops. */
class WasmReader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** An unsigned LEB128 number. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  skipNumbers(count: number): void {
    for (let left = count; left > 0; left--) while (this.bytes[this.at++]! >= 0x80);
  }

  /** Counts what the import section brings in. */
  imports(counts: { functions: number; globals: number }): void {
    for (let left = this.number(); left > 0; left--) {
      for (const _ of ['module', 'name']) {
        const length = this.number();
        this.at += length;
      }
      const kind = this.bytes[this.at++];
      if (kind === 0) {
        this.skipNumbers(1);
        counts.functions++;
      } else if (kind === 3) {
        this.at += 2;
        counts.globals++;
      } else {
        if (kind === 1) this.at++;
        const hasMaximum = (this.number() & 1) === 1;
        this.skipNumbers(hasMaximum ? 2 : 1);
      }
    }
  }

  /** Moves past one instruction. Gives the number of the two bulk instructions that are to be replaced. */
  instruction(): number | undefined {
    const opcode = this.bytes[this.at++]!;
    const numbers = immediates[opcode]!;
    if (numbers >= 0) this.skipNumbers(numbers);
    else if (opcode === bulkPrefix) return this.#bulkInstruction();
    else if (opcode === 0x43 || opcode === 0x44)
      this.at += opcode === 0x43 ? 4 : 8; // f32.const, f64.const
    else if (opcode === 0x0e || opcode === 0x1c)
      this.skipNumbers(this.number() + (opcode === 0x0e ? 1 : 0)); // br_table, select
    else throw new RangeError(`Cannot meter the WebAssembly module: unknown opcode 0x${opcode.toString(16)}`);
    return undefined;
  }

  #bulkInstruction(): number | undefined {
    const opcode = this.number();
    if (opcode >= 8) this.skipNumbers(opcode === 9 || opcode === 11 || opcode === 13 || opcode >= 15 ? 1 : 2);
    return opcode === bulk.memoryCopy || opcode === bulk.memoryFill ? opcode : undefined;
  }
}

/** How many LEB128 numbers follow each opcode of one byte; -1 for those that are not so simple. */
function countImmediates(opcode: number): number {
  if (opcode === 0x11 || (opcode >= 0x28 && opcode <= 0x3e)) return 2; // call_indirect, loads and stores
  if (opcode >= 0x02 && opcode <= 0x04) return 1; // block, loop, if
  if (opcode === 0x0c || opcode === 0x0d || opcode === 0x10) return 1; // br, br_if, call
  if ((opcode >= 0x20 && opcode <= 0x26) || opcode === 0x3f || opcode === 0x40) return 1; // variables, memory
  if (opcode === 0x41 || opcode === 0x42 || opcode === 0xd0 || opcode === 0xd2) return 1; // constants, references
  const isPlain = opcode <= 0x05 || opcode === 0x0b || opcode === 0x0f || opcode === 0x1a || opcode === 0x1b;
  return isPlain || (opcode >= 0x45 && opcode <= 0xc4) || opcode === 0xd1 ? 0 : -1;
}

function sized(head: readonly number[], content: readonly Uint8Array[]): Uint8Array[] {
  const size = content.reduce((sum, part) => sum + part.length, 0);
  return [Uint8Array.from([...head, ...leb(size)]), ...content];
}

function concat(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}
