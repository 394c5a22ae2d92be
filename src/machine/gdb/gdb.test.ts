import { describe, expect, test } from "vitest";
import { Machine } from "../machine.ts";
import { Memory } from "../memory.ts";
import {
  bytesToHex,
  framePacket,
  hexToBytes,
  littleEndianHex,
  littleEndianValue,
  PacketReader,
} from "./packets.ts";
import { type Debuggee, GdbServer } from "./server.ts";

describe("packets", () => {
  test("arrive in pieces and are acknowledged", () => {
    const reader = new PacketReader();
    expect(reader.push("+$g#")).toEqual({ incoming: [], reply: "" });
    expect(reader.push("67$?#3f\x03")).toEqual({
      incoming: [{ kind: "packet", data: "g" }, { kind: "packet", data: "?" }, { kind: "interrupt" }],
      reply: "++",
    });
  });

  test("with a wrong checksum are asked for again", () => {
    expect(new PacketReader().push("$g#00")).toEqual({ incoming: [], reply: "-" });
  });

  test("have escapes", () => {
    const body = "X0,1:}\x03";
    const reader = new PacketReader();
    expect(reader.push(framePacket(body)).incoming).toEqual([{ kind: "packet", data: "X0,1:#" }]);
  });

  test("numbers are little-endian", () => {
    expect(littleEndianHex(0x12345678n, 4)).toBe("78563412");
    expect(littleEndianValue("78563412")).toBe(0x12345678n);
    expect(bytesToHex(hexToBytes("00ff10"))).toBe("00ff10");
  });
});

describe("GdbServer", () => {
  /** addi a0,a0,1; sw a0,0(sp); j back */
  const words = [0x00150513, 0x00a12023, 0xff9ff06f];

  function serve() {
    const memory = new Memory([{ name: "ram", base: 0x10000, size: 0x10000 }]);
    memory.write(0x10000, new Uint8Array(Uint32Array.from(words).buffer));
    const machine = new Machine({ xlen: 64, memory, privileged: false });
    const [hart] = machine.harts;
    hart.pcNumber = 0x10000;
    hart.setNumber(2, 0x18000);
    const debuggee: Debuggee = {
      machine,
      isLinux: false,
      program: "/p",
      run(limit) {
        const stop = machine.run(limit);
        if (stop.kind === "exception") return { kind: "fault", cause: stop.cause };
        if (stop.kind === "exit") return stop;
        return stop.kind === "idle" ? { kind: "deadlock" } : stop;
      },
      harts: () => machine.harts,
      read: (address, size) => memory.slice(address, size)?.slice(),
      write: (address, bytes) => memory.write(address, bytes),
    };
    let sent = "";
    const server = new GdbServer(debuggee, (text) => {
      sent += text;
    });
    server.receive(framePacket("QStartNoAckMode"));
    const ask = (data: string) => {
      sent = "";
      server.receive(framePacket(data));
      for (let i = 0; server.running && i < 100; i++) server.advance();
      return /^\+?\$([^#]*)#/.exec(sent)?.[1] ?? sent;
    };
    return { ask, machine, hart };
  }

  test("shows registers and memory, and changes them", () => {
    const { ask, hart } = serve();
    expect(ask("g").slice(0, 16 * 3)).toBe("0".repeat(32) + littleEndianHex(0x18000n, 8));
    expect(ask("p20")).toBe(littleEndianHex(0x10000n, 8));
    expect(ask("m10000,4")).toBe("13051500");
    expect(ask("m0,4")).toBe("E14");
    expect(ask(`Pa=${littleEndianHex(41n, 8)}`)).toBe("OK");
    expect(hart.number(10)).toBe(41);
    expect(ask("M18000,2:abcd")).toBe("OK");
    expect(ask("m18000,2")).toBe("abcd");
  });

  test("steps, and stops at breakpoints and watchpoints", () => {
    const { ask, hart } = serve();
    expect(ask("s")).toContain("T05");
    expect(hart.pcNumber).toBe(0x10004);
    expect(ask("Z0,10000,4")).toBe("OK");
    expect(ask("vCont;c")).toContain("swbreak");
    expect(hart.pcNumber).toBe(0x10000);
    expect(ask("z0,10000,4")).toBe("OK");
    expect(ask("Z2,18000,4")).toBe("OK");
    expect(ask("c")).toContain("watch:18000");
    expect(hart.number(10)).toBe(2);
  });

  test("describes the target", () => {
    const { ask } = serve();
    expect(ask("qSupported:swbreak+")).toContain("qXfer:features:read+");
    expect(ask("qXfer:features:read:target.xml:0,1000")).toContain("riscv:rv64");
    expect(ask("qfThreadInfo")).toBe("m1");
    expect(ask("unknown")).toBe("");
  });
});
