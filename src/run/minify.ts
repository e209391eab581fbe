/**
 * A program's text without what does not matter to it: formatting, comments, names of locals. Two programs that differ only
 * in these have one minimal text, which is what digests of code are taken of.
 */
import type { TransformOptions } from "esbuild"

export type Transform = (code: string, options: TransformOptions) => Promise<{ readonly code: string }>

/**
 * esbuild gives the most used names the letters that occur most in the source, long names that are about to go included, so that a longer
 * name of one local could shorten all others to other letters. A dead string with far more of each letter settles that order
 * beforehand. It is the order that JavaScript of this kind has anyway, so that the two do not cancel out.
 */
const letters = "etasirnoludphfcmbgy2wv0x1k3SO64A8E$5zT_MBN7IjR9LFUPWCDGqVJKHXYQZ"
const ballast = (step: number): string => `\nfalse && "${[...letters].map((letter, i) => letter.repeat((letters.length - i) * step)).join("")}"`

const ballasts = { bundle: ballast(400), file: ballast(20) } as const

/** The minimal text of a module. `size` tells about how long it is. */
export const minimalText = async (transform: Transform, code: string, size: keyof typeof ballasts): Promise<string> => {
  const { code: minimal } = await transform(code + ballasts[size], {
    loader: "js",
    format: "esm",
    target: "node22",
    minify: true,
    legalComments: "none",
    charset: "utf8"
  })
  return minimal
}
