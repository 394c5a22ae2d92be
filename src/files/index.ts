export {
  type Backlog,
  type FileProblem,
  type FileSystem,
  isProblem,
  type OutputFile,
  type RandomAccess,
} from "./file-system.ts";
export { MemoryFileSystem } from "./memory.ts";
