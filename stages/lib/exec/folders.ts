/** Folders as one file: a program's folder is kept as a tar archive, the same bytes for the same files, and laid out again for the next program. */
import { createReadStream, createWriteStream, lstatSync, mkdirSync, readdirSync, statSync } from "node:fs"
import { dirname, join, resolve, sep } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { Stream } from "effect"
import * as Tar from "effect/encoding/Tar"

/** Names of all files below a folder, with `/`, in order. Links and other things that are no files are refused. */
const filesBelow = (folder: string, prefix = ""): ReadonlyArray<string> =>
  readdirSync(join(folder, prefix)).toSorted((a, b) => (a < b ? -1 : 1)).flatMap((name) => {
    const below = prefix + name
    const stat = lstatSync(join(folder, below))
    if (stat.isDirectory()) return filesBelow(folder, `${below}/`)
    if (!stat.isFile()) throw new Error(`${below} is ${stat.isSymbolicLink() ? "a link" : "no file"}; a folder that is kept holds files and folders`)
    return [below]
  })

/** Writes what is in the folder as a tar archive, without times and owners. Gives the number of files. */
export const packFolder = async (folder: string, to: string): Promise<number> => {
  if (!statSync(folder).isDirectory()) throw new Error("it is a file, and is declared as a folder")
  const names = filesBelow(folder)
  const entries = names.map((name) => {
    const path = join(folder, name)
    const { mode, size } = statSync(path)
    const body = Stream.fromAsyncIterable(chunksOf(path), (cause) => cause)
    return Tar.fileStream(name, size, body, { mode: (mode & 0o100) === 0 ? 0o644 : 0o755 })
  })
  const bytes = Stream.toAsyncIterable(Stream.pipeThroughChannel(Stream.fromIterable(entries), Tar.encode()))
  await pipeline(Readable.from(bytes), createWriteStream(to, { flags: "wx" }))
  return names.length
}

/** Opened when its turn comes: a folder may have more files than may be open at once. */
const chunksOf = (path: string): AsyncIterable<Uint8Array> => ({ [Symbol.asyncIterator]: () => createReadStream(path)[Symbol.asyncIterator]() })

/** Lays an archive out in a folder that is made for it. An entry that would lie outside of it is refused. */
export const unpackFolder = async (from: string, folder: string): Promise<void> => {
  mkdirSync(folder, { recursive: true })
  const entries = Stream.fromAsyncIterable(chunksOf(from), (cause) => cause).pipe(Stream.pipeThroughChannel(Tar.decode()))
  for await (const { body, header } of Stream.toAsyncIterable(entries)) {
    if (header.type === "Directory") continue
    const place = resolve(folder, header.path)
    if (header.type !== "File" || !place.startsWith(folder + sep)) throw new Error(`the archive holds ${header.path}, which is no file of its folder`)
    mkdirSync(dirname(place), { recursive: true })
    await pipeline(Readable.from(Stream.toAsyncIterable(body)), createWriteStream(place, { flags: "wx", mode: (header.mode & 0o100) === 0 ? 0o644 : 0o755 }))
  }
}
