/** Files of the project that data stages read. */
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { Effect, StageError } from "../../../src/stage.ts"
import { fileSource } from "../../../src/table/byte-source.ts"

const absent = (path: string) =>
  new StageError({ message: `No file at ${path}.`, hint: "Put the file there, or name the one that you have, from the project's folder." })

/** A file of any size, to be read in parts until the stage ends. Fails naming the file. */
export const openBytes = (path: string) =>
  Effect.acquireRelease(
    existsSync(path)
      ? Effect.try({ try: () => fileSource(path), catch: (cause) => new StageError({ message: `${path} cannot be opened.`, hint: "Look at its permissions.", cause }) })
      : absent(path),
    (source) => Effect.sync(source.close)
  )

/** The bytes of a file. With `md5`, its digest must be one of these. Fails naming the file. */
export const readBytes = (path: string, ...md5: ReadonlyArray<string>): Effect.Effect<Uint8Array, StageError> =>
  Effect.suspend(() => {
    if (!existsSync(path)) return absent(path)
    const bytes = readFileSync(path)
    const found = md5.length === 0 ? "" : createHash("md5").update(bytes).digest("hex")
    return md5.length === 0 || md5.includes(found) ? Effect.succeed(bytes) : new StageError({
      message: `${path} is not the published file: its MD5 is ${found}, expected ${md5.join(" or ")}.`,
      hint: "Fetch the set again, or set `check: false` to read another one."
    })
  })
