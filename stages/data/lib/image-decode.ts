/** PNG, JPEG and WebP files as pixels, through sharp. */
import { Effect } from "../../../src/stage.ts"
import type { Image } from "./image.ts"

/** Endings of the names of files that are taken for images. */
export const imageEndings: ReadonlyArray<string> = [".png", ".jpg", ".jpeg", ".webp"]

/**
 * Pixels of an image file as they are stored: no transparency, no turning by what the camera noted, no colour profile applied, deeper values
 * cut to 8 bits, colours of print turned into those of screens. Fails with what is wrong with the bytes.
 */
export const decodeImage = (bytes: Uint8Array): Effect.Effect<Image, string> =>
  Effect.gen(function*() {
    const { default: sharp } = yield* Effect.tryPromise({ try: () => import("sharp"), catch: (cause) => `the package sharp cannot be loaded, ${firstLine(cause)}` })
    sharp.concurrency(1) // several images are decoded at once instead
    const decoded = yield* Effect.tryPromise({
      try: () => sharp(bytes, { failOn: "truncated", ignoreIcc: true }).removeAlpha().raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true }),
      catch: firstLine
    })
    const { data, info: { channels, height, width } } = decoded
    if (channels !== 1 && channels !== 3) return yield* Effect.fail(`it has ${channels} channels`)
    return { data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), rows: height, columns: width, channels }
  })

/** Further lines of the decoder's messages repeat the first. */
const firstLine = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause)).split("\n")[0] ?? ""
