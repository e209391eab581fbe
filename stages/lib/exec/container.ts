/** A program in a container: the same command, in an image that is named by its digest. */
import type { ProgramParams } from "./params.ts"

/** `name@sha256:...`: a tag may be another image tomorrow. */
export const pinnedImage = /^[^\s@]+@sha256:[0-9a-f]{64}$/

export interface Surroundings {
  /** The program's working folder. */
  readonly cwd: string
  /** Files and folders that the program is given, at the same paths inside. */
  readonly readable: ReadonlyArray<string>
  /** Folders in which it may write. */
  readonly writable: ReadonlyArray<string>
  /** Names of the environment variables that it gets; their values are those of the engine's own process. */
  readonly variables: ReadonlyArray<string>
  readonly gpus: ReadonlyArray<string>
}

/** Variables that say where things are outside. */
const outside: ReadonlySet<string> = new Set(["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SystemRoot", "TEMP"])

/** The command line that runs it. Without network: what a program reads is declared. */
export const inContainer = ({ engine }: ProgramParams, image: string, command: ReadonlyArray<string>, { cwd, gpus, readable, variables, writable }: Surroundings): ReadonlyArray<string> => [
  engine, "run", "--rm", "--init", "--network=none", `--workdir=${cwd}`,
  ...(process.getuid === undefined ? [] : [`--user=${process.getuid()}:${process.getgid?.() ?? 0}`]),
  ...writable.map((path) => `--volume=${path}:${path}`),
  ...readable.map((path) => `--volume=${path}:${path}:ro`),
  ...(gpus.length === 0 ? [] : [`--gpus="device=${gpus.join(",")}"`]),
  ...variables.filter((name) => !outside.has(name)).map((name) => `--env=${name}`),
  image, ...command
]
