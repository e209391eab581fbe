/**
 * The files of CIFAR-10 and CIFAR-100 (Krizhevsky 2009), in both of their published forms: the binary one (a byte or two of labels, then 3072
 * bytes of pixels for each image) and Python's batches (pickles with the same bytes under "data").
 */
import { type Pickled, PickledCall, parsePickle } from "./pickle.ts"

export interface CifarPart {
  /** 3072 bytes for each image: red, green and blue planes of 32 x 32. */
  readonly pixels: Uint8Array
  readonly labels: ReadonlyArray<number>
}

export type CifarSet = "cifar-10" | "cifar-100"
/** CIFAR-100 has 100 fine classes in 20 coarse ones; CIFAR-10 has ten. */
export type CifarLabels = "fine" | "coarse"
export const imageBytes = 3072

/** The archives' MD5 digests, as the page of the sets gives them. */
export const archives = {
  "cifar-10": ["c58f30108f718f92721af3b95e74349a", "c32a1d4ab5d03f1284b67883e8d87530"],
  "cifar-100": ["eb9058c3a382ffc7106e4002c42a8d85", "03b5dce01913d631647c71ecec9e9cb8"]
} as const

export const classNames = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

/** Python's batches by their published MD5 digests. */
export const pythonFiles = {
  "cifar-10": {
    train: [
      ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
      ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
      ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
      ["data_batch_4", "634d18415352ddfa80567beed471001a"],
      ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"]
    ],
    test: [["test_batch", "40351d587109b95175f43aff81a1287e"]]
  },
  "cifar-100": { train: [["train", "16019d7e3df5f24257cddd939b257f8d"]], test: [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]] }
} as const

export const binaryFiles = {
  "cifar-10": { train: ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"], test: ["test_batch.bin"] },
  "cifar-100": { train: ["train.bin"], test: ["test.bin"] }
} as const

/** A binary file: before an image stands its class, in CIFAR-100 the coarse one and the fine one. */
export const parseBinary = (bytes: Uint8Array, set: CifarSet, which: CifarLabels = "fine"): CifarPart | string => {
  const labelBytes = set === "cifar-10" ? 1 : 2
  const record = labelBytes + imageBytes
  const n = bytes.length / record
  if (!Number.isInteger(n) || n === 0) return `its ${bytes.length} bytes are no whole number of images of ${record} bytes`
  const pixels = new Uint8Array(n * imageBytes)
  const labels: Array<number> = []
  for (let i = 0; i < n; i++) {
    labels.push(bytes[i * record + (which === "fine" ? labelBytes - 1 : 0)] ?? 0)
    pixels.set(bytes.subarray(i * record + labelBytes, (i + 1) * record), i * imageBytes)
  }
  return { pixels, labels }
}

/** One of Python's batches. */
export const parsePython = (bytes: Uint8Array, which: CifarLabels = "fine"): CifarPart | string => {
  const value = parsePickle(bytes)
  if (!(value instanceof Map)) return value !== null && typeof value === "object" && "problem" in value ? value.problem : "it is no dictionary"
  const entries = new Map([...value].map(([key, entry]) => [key instanceof Uint8Array ? new TextDecoder().decode(key) : String(key), entry]))
  const pixels = arrayBytes(entries.get("data"))
  const labels = entries.get("labels") ?? entries.get(`${which}_labels`)
  if (pixels === undefined || !Array.isArray(labels) || pixels.length !== labels.length * imageBytes) return "it has no data and labels that belong together"
  return { pixels, labels: labels.map(Number) }
}

/** The bytes of a pickled NumPy array: the last item of what is set on it. */
const arrayBytes = (value: Pickled | undefined): Uint8Array | undefined => {
  if (!(value instanceof PickledCall) || !Array.isArray(value.state)) return undefined
  const last: Pickled = value.state.at(-1) ?? null
  return last instanceof Uint8Array ? last : undefined
}
