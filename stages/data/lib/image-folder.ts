/** Which images a folder holds and of which class each is: by the subfolder that it lies in, or by a CSV file of names and classes. */
import { readdirSync, statSync } from "node:fs"
import { extname, join } from "node:path"
import { parseCsv } from "./csv.ts"
import { imageEndings } from "./image-decode.ts"

export interface ImageFile {
  /** From the folder, with `/`. */
  readonly name: string
  readonly label: string
}

/** What is wrong, and what to do. */
export interface Trouble {
  readonly message: string
  readonly hint: string
}
export const isTrouble = (value: object): value is Trouble => "hint" in value

/** Names of the images below a folder, from there, in order. Names that begin with a dot are left out. */
const imagesBelow = (folder: string, prefix = ""): ReadonlyArray<string> =>
  readdirSync(folder).filter((name) => !name.startsWith(".")).sort().flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return imagesBelow(path, `${prefix}${name}/`)
    return imageEndings.includes(extname(name).toLowerCase()) ? [prefix + name] : []
  })

/** A subfolder for each class, with the images in it and below it. */
export const imagesByFolder = (folder: string): ReadonlyArray<ImageFile> | Trouble => {
  const found = there(folder)
  if (found !== undefined) return found
  const images = imagesBelow(folder)
  const loose = images.filter((name) => !name.includes("/"))
  if (images.length === 0) return { message: `There is no image in ${folder}.`, hint: `It should hold a folder for each class, with files that end in ${imageEndings.join(", ")}.` }
  if (loose.length > 0) {
    return { message: `Of ${images.length} images, ${loose.length} lie in ${folder} itself, in the folder of no class: ${some(loose)}.`, hint: "Put them into a folder for each class, or name a CSV file of names and classes with `labels`." }
  }
  return images.map((name) => ({ name, label: name.split("/")[0] ?? "" }))
}

/** The images that a CSV text with the columns `file` and `label` names, in its order. `source` is the CSV's name. */
export const imagesByList = (folder: string, text: string, source: string): ReadonlyArray<ImageFile> | Trouble => {
  const found = there(folder)
  if (found !== undefined) return found
  const table = parseCsv(text, { file: "utf8", label: "utf8" })
  if ("message" in table) return { message: `${source}:${table.line}: ${table.message}.`, hint: "The first line is file,label; then comes a line for each image." }
  const images: Array<ImageFile> = []
  for (const [i, { file, label }] of table.rows.entries()) {
    if (typeof file !== "string" || typeof label !== "string") return { message: `${source}: image ${i + 1} has no ${typeof file === "string" ? "label" : "file"}.`, hint: "Fill the field, or leave the line out." }
    images.push({ name: file, label })
  }
  // The fingerprint takes in what lies in the folder, but no names that begin with a dot, and nothing outside.
  const strange = images.filter(({ name }) => name.split("/").some((part) => part.startsWith(".")))
  if (strange.length > 0) return { message: `${source} names files outside of ${folder}, or hidden ones: ${some(strange.map(({ name }) => name))}.`, hint: "Name `folder` so that all images lie below it, and use no names that begin with a dot." }
  const absent = images.filter(({ name }) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() !== true)
  if (absent.length > 0) return { message: `${absent.length} of the ${images.length} images that ${source} names are not in ${folder}: ${some(absent.map(({ name }) => name))}.`, hint: "Names are paths from that folder." }
  return images.length === 0 ? { message: `${source} names no image.`, hint: "After the line file,label comes a line for each image." } : images
}

const there = (folder: string): Trouble | undefined =>
  statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? undefined : { message: `There is no folder ${folder}.`, hint: "Give its path from the project's folder." }

/** The classes in order: those asked for, or all, sorted; numbers by their value. A class without an image is a mistake. */
export const classesOf = (images: ReadonlyArray<ImageFile>, asked?: ReadonlyArray<string>): ReadonlyArray<string> | Trouble => {
  const found = [...new Set(images.map(({ label }) => label))]
  const numbers = found.every((label) => /^\d+$/.test(label))
  found.sort((a, b) => (numbers ? Number(a) - Number(b) : 0) || (a < b ? -1 : a > b ? 1 : 0))
  const unknown = asked?.filter((name) => !found.includes(name)) ?? []
  return unknown.length === 0 ? asked ?? found : { message: `No image is of the class ${some(unknown)}; there are ${some(found)}.`, hint: "Correct `classes`." }
}

const some = (names: ReadonlyArray<string>): string => names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`
