import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { BodyInput } from '../network/request-body.ts';
import { invalidType } from '../util/errors.ts';
import { fileError, readInput } from './read-input.ts';

/** One `-d` or its like. */
export interface DataPart {
  readonly kind: 'data' | 'raw' | 'urlencode';
  readonly text: string;
}

/** What the command line says about a body. */
export interface BodyOptions {
  readonly data: readonly DataPart[];
  readonly form: readonly string[];
  readonly uploadFile?: string | undefined;
}

const formType = 'application/x-www-form-urlencoded';

/** A body, and the type that it has unless the user says otherwise. */
export interface FetchBody {
  readonly body: BodyInput;
  readonly contentType?: string;
}

/**
 * Reads the body of a request; undefined when there is none.
 *
 * @throws {TypeError} If there are bodies of two kinds. @throws {Error} If a file cannot be read.
 */
export async function readFetchBody({ data, form, uploadFile }: BodyOptions): Promise<FetchBody | undefined> {
  const kinds = [data.length > 0 && '-d', form.length > 0 && '-F', uploadFile !== undefined && '-T'].filter(Boolean);
  if (kinds.length > 1) throw invalidType(`${kinds.join(' and ')} do not go together: there is one body`);
  if (data.length > 0) return { body: await joinData(data), contentType: formType };
  if (form.length > 0) return { body: await readForm(form) };
  if (uploadFile === undefined) return undefined;
  return { body: uploadFile === '-' ? await readInput('-') : await openFile(uploadFile) };
}

/** The texts of `-d` and its like, joined by `&`. */
export async function joinData(parts: readonly DataPart[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (const part of parts) pieces.push(...(pieces.length === 0 ? [] : [Buffer.from('&')]), await readPart(part));
  return Buffer.concat(pieces);
}

async function readPart({ kind, text }: DataPart): Promise<Buffer> {
  if (kind === 'urlencode') return encodePart(text);
  return kind === 'data' && text.startsWith('@') ? readInput(text.slice(1)) : Buffer.from(text);
}

/** As curl has it: `name=text`, `=text`, `text`, `name@file`, `@file`; the name is taken as it stands. */
async function encodePart(part: string): Promise<Buffer> {
  const [, name = '', sign, rest = ''] = /^([^=@]*)([=@])(.*)$/s.exec(part) ?? ['', '', '=', part];
  const content = sign === '@' ? (await readInput(rest)).toString() : rest;
  return Buffer.from((name === '' ? '' : `${name}=`) + encodeURIComponent(content));
}

/** As curl has it: `name=text`, `name=@file` (sent as a file), `name=<file` (its text); then `;type=` and `;filename=`. */
async function readForm(fields: readonly string[]): Promise<FormData> {
  const form = new FormData();
  for (const field of fields) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(field) ?? [];
    if (name === undefined || value === undefined) throw invalidType('-F must be NAME=TEXT, NAME=@FILE or NAME=<FILE');
    const [, sign, file = '', rest = ''] = /^([@<])(.*?)((?:;(?:type|filename)=[^;]*)*)$/s.exec(value) ?? [];
    if (sign === undefined) form.append(name, value);
    else if (sign === '<') form.append(name, (await readInput(file)).toString());
    else form.append(name, ...(await readFormFile(file, rest)));
  }
  return form;
}

async function readFormFile(file: string, attributes: string): Promise<[Blob, string]> {
  const given = (name: string): string | undefined => new RegExp(`;${name}=([^;]*)`).exec(attributes)?.[1];
  const type = given('type') ?? 'application/octet-stream';
  const blob = file === '-' ? new Blob([await readInput('-')], { type }) : await openFile(file, type);
  return [blob, given('filename') ?? basename(file)];
}

/** A file is read while it is sent; what has no size of its own, as a pipe, is read before. */
async function openFile(file: string, type?: string): Promise<Blob> {
  const options = type === undefined ? {} : { type };
  const found = await stat(file).catch(error => Promise.reject(fileError('read', file, error)));
  return found.isFile() ? openAsBlob(file, options) : new Blob([await readInput(file)], options);
}
