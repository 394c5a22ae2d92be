/**
 * GDB's remote protocol, its lower half: packets `$data#checksum`, with `+` and
 * `-` as acknowledgements until both sides agree to do without, and a lone byte
 * 3 for "stop". Data is Latin-1 text here; `}` escapes a byte.
 */

export type Incoming = { readonly kind: "packet"; readonly data: string } | { readonly kind: "interrupt" };

const ESCAPE = "}";

function checksum(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i);
  return sum & 255;
}

/** A packet as it is sent. */
export function framePacket(data: string): string {
  return `$${data}#${checksum(data).toString(16).padStart(2, "0")}`;
}

/** Escapes the characters that have a meaning in packets, for binary answers. */
export function escapeBinary(data: string): string {
  return data.replace(/[#$}*]/g, (c) => ESCAPE + String.fromCharCode(c.charCodeAt(0) ^ 0x20));
}

function unescapeBinary(data: string): string {
  return data.replace(/\}([\s\S])/g, (_, c: string) => String.fromCharCode(c.charCodeAt(0) ^ 0x20));
}

/** Takes what arrives, in whatever pieces, and gives whole packets. */
export class PacketReader {
  #text = "";
  acknowledge = true;

  /** What came, and what must be sent back at once. */
  push(text: string): { readonly incoming: Incoming[]; readonly reply: string } {
    this.#text += text;
    const incoming: Incoming[] = [];
    let reply = "";
    for (;;) {
      const start = this.#text.search(/[$\x03]/);
      if (start < 0) {
        this.#text = "";
        break;
      }
      if (this.#text[start] === "\x03") {
        incoming.push({ kind: "interrupt" });
        this.#text = this.#text.slice(start + 1);
        continue;
      }
      const hash = this.#text.indexOf("#", start);
      if (hash < 0 || this.#text.length < hash + 3) {
        this.#text = this.#text.slice(start);
        break;
      }
      const body = this.#text.slice(start + 1, hash);
      const good = Number.parseInt(this.#text.slice(hash + 1, hash + 3), 16) === checksum(body);
      this.#text = this.#text.slice(hash + 3);
      if (this.acknowledge) reply += good ? "+" : "-";
      if (good) incoming.push({ kind: "packet", data: unescapeBinary(body) });
    }
    return { incoming, reply };
  }
}

const digits = "0123456789abcdef";

export function bytesToHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += digits[byte >> 4] + digits[byte & 15];
  return text;
}

export function hexToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** A number in the target's byte order, as registers are sent. */
export function littleEndianHex(value: bigint, size: number): string {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return bytesToHex(bytes);
}

export function littleEndianValue(text: string): bigint {
  let value = 0n;
  const bytes = hexToBytes(text);
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return value;
}
