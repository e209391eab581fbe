/**
 * Many Philox4x32-10 blocks at once. JavaScript has no product of two 32-bit words that keeps its upper half, and putting it together
 * (philox.ts) takes 60 ns a block; WebAssembly has one, and takes 10. The function is small enough to be assembled here, so that no
 * binary lies in the repository. Its words are those of `philoxBlock`, bit for bit.
 */

/** Multipliers and Weyl constants, as in philox.ts. */
const [M0, M1, W0, W1] = [0xd2511f53n, 0xcd9e8d57n, 0x9e3779b9n, 0xbb67ae85n]
const ROUNDS = 10

/** Blocks of four words that one call makes at most: all of the module's memory, one page. */
export const MOST_BLOCKS = 65_536 / 16

type Code = ReadonlyArray<number>

/** Integers in LEB128, the encoding of every number in a module; those of constants are signed. */
const unsigned = (value: number): Code => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)])
const signed = (value: bigint): Code => {
  const [low, rest] = [Number(value & 127n), value >> 7n]
  const isLast = (rest === 0n && (low & 64) === 0) || (rest === -1n && (low & 64) !== 0)
  return isLast ? [low] : [low | 128, ...signed(rest)]
}

// Types and instructions by their numbers in the WebAssembly core specification, chapter 5.
const [I32, I64, FUNCTION] = [0x7f, 0x7e, 0x60]
const [add32, add64, subtract32, xor32, multiply64, shiftRight64] = [[0x6a], [0x7c], [0x6b], [0x73], [0x7e], [0x88]] as const
const [widen, narrow] = [[0xad], [0xa7]] as const
const read = (local: number): Code => [0x20, local]
const write = (local: number): Code => [0x21, local]
const writeAndKeep = (local: number): Code => [0x22, local]
const const32 = (value: bigint): Code => [0x41, ...signed(BigInt.asIntN(32, value))]
const const64 = (value: bigint): Code => [0x42, ...signed(value)]
const store32 = (offset: number): Code => [0x36, 2, offset]

/** The parameters: how many blocks, the number of the first (two halves) and the key. */
const [BLOCKS, LOW, HIGH, KEY0, KEY1] = [0, 1, 2, 3, 4]
const PARAMETERS = [I32, I32, I32, I32, I32]
/** Then the words of a block, the keys of a round and the address, then the products and the number of the block. */
const [C0, C1, C2, C3, ROUND_KEY0, ROUND_KEY1, ADDRESS, PRODUCT0, PRODUCT1, NUMBER] = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
const LOCALS: Code = [2, 7, I32, 3, I64]

const product = (word: number, factor: bigint, into: number): Code => [...read(word), ...widen, ...const64(factor), ...multiply64, ...write(into)]
const upper = (of: number): Code => [...read(of), ...const64(32n), ...shiftRight64, ...narrow]
const lower = (of: number): Code => [...read(of), ...narrow]

const round: Code = [
  ...product(C0, M0, PRODUCT0), ...product(C2, M1, PRODUCT1),
  ...upper(PRODUCT1), ...read(C1), ...xor32, ...read(ROUND_KEY0), ...xor32, ...write(C0),
  ...lower(PRODUCT1), ...write(C1),
  ...upper(PRODUCT0), ...read(C3), ...xor32, ...read(ROUND_KEY1), ...xor32, ...write(C2),
  ...lower(PRODUCT0), ...write(C3),
  ...read(ROUND_KEY0), ...const32(W0), ...add32, ...write(ROUND_KEY0),
  ...read(ROUND_KEY1), ...const32(W1), ...add32, ...write(ROUND_KEY1)
]

const body: Code = [
  ...read(HIGH), ...widen, ...const64(32n), 0x86, ...read(LOW), ...widen, 0x84, ...write(NUMBER), // high << 32 | low
  0x03, 0x40, // loop
  ...lower(NUMBER), ...write(C0), ...upper(NUMBER), ...write(C1), ...const32(0n), ...write(C2), ...const32(0n), ...write(C3),
  ...read(KEY0), ...write(ROUND_KEY0), ...read(KEY1), ...write(ROUND_KEY1),
  ...Array.from({ length: ROUNDS }, () => round).flat(),
  ...[C0, C1, C2, C3].flatMap((word, i) => [...read(ADDRESS), ...read(word), ...store32(4 * i)]),
  ...read(ADDRESS), ...const32(16n), ...add32, ...write(ADDRESS),
  ...read(NUMBER), ...const64(1n), ...add64, ...write(NUMBER),
  ...read(BLOCKS), ...const32(1n), ...subtract32, ...writeAndKeep(BLOCKS), 0x0d, 0, // again while blocks are left
  0x0b, 0x0b // end of the loop, end of the function
]

/** A length before what it counts: of bytes or of entries. */
const sized = (content: Code): Code => [...unsigned(content.length), ...content]
const section = (id: number, ...entries: ReadonlyArray<Code>): Code => [id, ...sized([entries.length, ...entries.flat()])]
const exported = (name: string, kind: number): Code => [...sized([...Buffer.from(name)]), kind, 0]

const moduleBytes = (): Uint8Array<ArrayBuffer> => Uint8Array.from([
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // "\0asm", version 1
  ...section(1, [FUNCTION, ...sized(PARAMETERS), 0]), // types
  ...section(3, [0]), // the function is of the first
  ...section(5, [0, 1]), // a memory of one page
  ...section(7, exported("fill", 0), exported("memory", 2)),
  ...section(10, sized([...LOCALS, ...body]))
])

type Fill = (blocks: number, low: number, high: number, key0: number, key1: number) => void

let opened: { readonly fill: Fill; readonly words: Uint32Array } | undefined

const open = (): { readonly fill: Fill; readonly words: Uint32Array } => {
  const { fill, memory } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports
  if (typeof fill !== "function" || !(memory instanceof WebAssembly.Memory)) throw new Error("The assembled module lacks its function.")
  return { fill: (...parameters) => fill(...parameters), words: new Uint32Array(memory.buffer) }
}

/**
 * The words of `blocks` blocks (1 to MOST_BLOCKS) from number `first` (below 2^53) on under a key; third and fourth counter words are 0. They lie in memory
 * that the next call writes over.
 */
export const philoxWords = (first: number, blocks: number, key0: number, key1: number): Uint32Array => {
  opened ??= open()
  opened.fill(blocks, first | 0, Math.floor(first / 2 ** 32), key0, key1)
  return opened.words
}
