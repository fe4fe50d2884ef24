import { expect, test } from 'vitest';
import { fuelExport, meterWasm } from './meter-wasm.ts';

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
};

interface Program {
  readonly spin: (turns: number) => void;
  readonly fill: (bytes: number) => void;
  readonly twice: (number: number) => number;
  readonly [fuelExport]: { value: number };
}

const i32 = 0x7f;
const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
const body = (...code: number[]): number[] => [code.length + 1, 0, ...code];
const name = (text: string): number[] => [text.length, ...Buffer.from(text)];

const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
// spin: loop while --n; fill: memory.fill(0, 1, n); twice: block (result i32) n * 2
const source = Uint8Array.from([
  ...magic,
  ...section(1, 2, 0x60, 1, i32, 0, 0x60, 1, i32, 1, i32),
  ...section(3, 3, 0, 0, 1),
  ...section(5, 1, 0, 2),
  ...section(6, 1, i32, 1, 0x41, 7, 0x0b),
  ...section(7, 3, ...name('spin'), 0, 0, ...name('fill'), 0, 1, ...name('twice'), 0, 2),
  ...section(
    10,
    3,
    ...body(0x03, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b, 0x0b),
    ...body(0x41, 0, 0x41, 1, 0x20, 0, 0xfc, 11, 0, 0x0b),
    ...body(0x02, i32, 0x20, 0, 0x41, 2, 0x6c, 0x0b, 0x0b),
  ),
]);

const start = (): Program => {
  const program = new WebAssembly.Instance(new WebAssembly.Module(meterWasm(source))).exports;
  return program as unknown as Program;
};

test('the counter starts full', () => {
  expect(start()[fuelExport].value).toBe(2 ** 31 - 1);
});

test('each turn of a loop takes one unit', () => {
  const program = start();
  program[fuelExport].value = 100;
  program.spin(60);
  expect(program[fuelExport].value).toBe(40);
});

test('the module traps when there is none left', () => {
  const program = start();
  program[fuelExport].value = 100;
  expect(() => program.spin(101)).toThrow('unreachable');
  expect(program[fuelExport].value).toBe(-1);
});

test('a bulk operation takes a unit for 16 bytes', () => {
  const program = start();
  program[fuelExport].value = 4096;
  program.fill(65_536);
  expect(program[fuelExport].value).toBe(0);
  expect(() => program.fill(16)).toThrow('unreachable');
});

test('what does not loop takes nothing', () => {
  const program = start();
  program[fuelExport].value = 0;
  expect(program.twice(21)).toBe(42);
});

test('an unknown instruction is refused', () => {
  const strange = Uint8Array.from(source);
  strange[strange.lastIndexOf(0x6c)] = 0xfd;
  expect(() => meterWasm(strange)).toThrow('unknown opcode 0xfd');
});
