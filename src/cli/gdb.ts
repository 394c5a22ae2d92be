import net from "node:net";
import path from "node:path";
import { type BareSystem, debuggeeOf, GdbServer, type LinuxProcess } from "../machine/index.ts";

/**
 * Waits for GDB at an address and does what it says; the result is the exit
 * code of the program, or 137 if GDB killed it. After a detach the program runs
 * to its end by itself.
 */
export function serveGdb(
  system: LinuxProcess | BareSystem,
  address: { readonly host: string; readonly port: number },
  program: string,
): Promise<number> {
  return new Promise((done) => {
    const debuggee = debuggeeOf(system, path.resolve(program));
    const listener = net.createServer((socket) => {
      listener.close();
      socket.setNoDelay(true);
      const server = new GdbServer(debuggee, (text) => socket.write(text, "latin1"));
      let working = false;
      /** One slice after the other, with the connection heard in between. */
      const work = () => {
        working = server.running && server.closed === undefined;
        if (!working) return;
        server.advance();
        setImmediate(work);
      };
      const finish = () => {
        const { ended } = server;
        if (ended?.kind === "exit") done(ended.code);
        else if (ended?.kind === "signal") done(128 + ended.signal);
        else if (server.closed === "detached") done(finishAlone(system));
        else done(137);
      };
      socket.on("data", (data) => {
        server.receive(data.toString("latin1"));
        if (server.closed !== undefined) socket.end();
        else if (!working) work();
      });
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        server.closed ??= "killed";
        finish();
      });
    });
    listener.on("error", (error) => {
      process.stderr.write(`premain run: --gdb: ${error.message}\n`);
      done(125);
    });
    listener.listen(address.port, address.host, () => {
      const bound = listener.address();
      const port = typeof bound === "object" && bound ? bound.port : address.port;
      process.stderr.write(`premain run: waiting for GDB: target remote ${address.host}:${port}\n`);
    });
  });
}

function finishAlone(system: LinuxProcess | BareSystem): number {
  if ("holdSignals" in system) {
    system.holdSignals = false;
    system.release(true);
  }
  for (;;) {
    const result = system.run(Number.MAX_SAFE_INTEGER);
    if (result.kind === "exit") return result.code;
    if (result.kind === "signal") return 128 + result.signal;
    if (result.kind === "breakpoint" || result.kind === "watchpoint") continue;
    if (result.kind !== "requested") return 125;
  }
}
