/**
 * The container of an archive: a tar file, compressed as its name says (`.tar.gz`, `.tar.zst`, `.tar`), which any tar program opens. The
 * one file that knows `effect/encoding`, whose interface may still change in a minor version.
 */
import { createHash } from "node:crypto"
import { createReadStream, createWriteStream } from "node:fs"
import { open } from "node:fs/promises"
import { type Duplex, PassThrough, Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from "node:zlib"
import { Effect, Stream } from "effect"
import { Tar } from "effect/encoding"
import { hasCode } from "../remedy.ts"
import { ArchiveError, archiveError } from "./archive-error.ts"

/** A file that is to be written. */
export interface Outgoing {
  /** With `/`, relative to the archive's root. */
  readonly path: string
  readonly bytes: number
  /** SHA-256, hexadecimal. What is read from the disk is checked against it on the way. */
  readonly digest: string
  readonly content: { readonly file: string } | { readonly data: Uint8Array }
}

/** A file of an archive that is being read. */
export interface Incoming {
  /** As it stands in the archive: nothing has been checked. */
  readonly path: string
  readonly kind: "file" | "folder" | "other"
  /** As its header says. */
  readonly bytes: number
  /** Its bytes, in order; to be taken before the next file is. */
  readonly each: (take: (chunk: Uint8Array) => void) => Effect.Effect<void, ArchiveError>
}

/** How the name of an archive may end. */
export const containerSuffixes: ReadonlyArray<string> = [".tar.gz", ".tgz", ".tar.zst", ".tar"]

const chunkBytes = 1 << 20

const compressorFor = (name: string): Duplex =>
  name.endsWith(".zst") ? createZstdCompress() : name.endsWith(".tar") ? new PassThrough() : createGzip()

const entryOf = ({ bytes, content, digest, path }: Outgoing, modified: Date): Tar.Entry<ArchiveError> => {
  if ("data" in content) return Tar.file(path, content.data, { mtime: modified })
  const body = Stream.fromAsyncIterable<Uint8Array, ArchiveError>(checked(content.file, bytes, digest), (cause) => archiveError(`read ${content.file}`, cause))
  return Tar.fileStream(path, bytes, body, { mtime: modified })
}

/** The bytes of a file, which is opened only when its turn has come. Throws at their end where they are not what they should be. */
async function* checked(path: string, bytes: number, digest: string): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256")
  for await (const chunk of createReadStream(path, { highWaterMark: Math.max(1, Math.min(bytes, chunkBytes)) })) {
    hash.update(chunk)
    yield chunk
  }
  if (hash.digest("hex") !== digest) {
    throw new ArchiveError({ message: `${path} is damaged: its bytes are not those that its name says.`, hint: "Mend the store first: reprise verify --repair" })
  }
}

/** Writes files into a new container at `path`, in order, compressed as `name` says. One that cannot be finished stays as far as it came. */
export const writeContainer = (path: string, name: string, files: Iterable<Outgoing>, modified: Date): Effect.Effect<void, ArchiveError> =>
  Effect.tryPromise({
    try: (signal) => {
      const bytes = Stream.fromIterable(files).pipe(
        Stream.map((file) => entryOf(file, modified)),
        Stream.pipeThroughChannel(Tar.encode<never, unknown, Tar.Entry<ArchiveError>>())
      )
      return pipeline(Readable.from(Stream.toAsyncIterable(bytes)), compressorFor(name), createWriteStream(path), { signal })
    },
    catch: (cause) => archiveError(`write ${path}`, cause)
  })

const magics: ReadonlyArray<readonly [ReadonlyArray<number>, () => Duplex]> = [
  [[0x1f, 0x8b], () => createGunzip()],
  [[0x28, 0xb5, 0x2f, 0xfd], () => createZstdDecompress()]
]

/** By its first bytes, whatever its name says. */
const decompressorFor = async (path: string): Promise<Duplex> => {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    const found = magics.find(([magic]) => bytesRead >= magic.length && magic.every((byte, at) => buffer[at] === byte))
    return found === undefined ? new PassThrough() : found[1]()
  } finally {
    await file.close()
  }
}

const unreadable = (path: string, cause: unknown): ArchiveError => {
  if (cause instanceof ArchiveError) return cause
  if (hasCode(cause, "ENOENT")) return new ArchiveError({ message: `There is no file ${path}.`, cause })
  if (hasCode(cause, "EISDIR")) return new ArchiveError({ message: `${path} is a folder, not an archive.`, cause })
  if (hasCode(cause, "EACCES", "EIO")) return archiveError(`read ${path}`, cause)
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ArchiveError({
    message: `${path} is no archive, or is damaged: ${why}.`,
    hint: "Nothing was taken from it. Fetch it again, and compare its size with the original's.",
    cause
  })
}

/** Gives each file of the container to `take`, in order. `onRead` is told how many of the container's bytes have been read. */
export const readContainer = <E>(
  path: string,
  take: (file: Incoming) => Effect.Effect<void, E>,
  onRead: (bytes: number) => void = () => undefined
): Effect.Effect<void, E | ArchiveError> =>
  Effect.gen(function*() {
    const fail = (cause: unknown) => unreadable(path, cause)
    const decompressor = yield* Effect.tryPromise({ try: () => decompressorFor(path), catch: fail })
    const source = createReadStream(path, { highWaterMark: chunkBytes })
    let read = 0
    source.on("data", (chunk) => onRead(read += chunk.length))
    source.on("error", (cause) => decompressor.destroy(cause)) // it is the other end that is listened to
    yield* Stream.fromAsyncIterable<Uint8Array, ArchiveError>(source.pipe(decompressor), fail).pipe(
      Stream.pipeThroughChannel(Tar.decode<ArchiveError>()),
      Stream.mapError(fail),
      Stream.runForEach(({ body, header }) => take({
        path: header.path,
        kind: header.type === "File" ? "file" : header.type === "Directory" ? "folder" : "other",
        bytes: header.size,
        each: (use) => Stream.runForEachArray(body, (chunks) => Effect.try({ try: () => chunks.forEach(use), catch: fail })).pipe(Effect.mapError(fail))
      })),
      Effect.ensuring(Effect.sync(() => {
        source.destroy()
        decompressor.destroy()
      }))
    )
  })
