import { assert, describe, it } from "vitest"
import { importTensor } from "../../../src/tensor/import.ts"
import { sparseTensorOf, tensorOf } from "../../../src/tensor/onnx/tensor-proto.ts"
import { toNumbers } from "../../../src/tensor/tensor.ts"

const read = (data_type: number, dims: ReadonlyArray<number>, raw: ReadonlyArray<number>) => {
  const { type, data, shape } = tensorOf({ name: "t", data_type, dims, raw_data: Uint8Array.from(raw) })
  return [type, ...toNumbers({ type, data, shape })]
}

describe("a tensor of a file", () => {
  it("of every number type has its values, in the engine's type that holds them", () => {
    assert.deepStrictEqual(read(1, [1], [0, 0, 128, 63]), ["float32", 1])
    assert.deepStrictEqual(read(2, [2], [1, 255]), ["uint8", 1, 255])
    assert.deepStrictEqual(read(3, [2], [1, 255]), ["int32", 1, -1])
    assert.deepStrictEqual(read(4, [1], [255, 255]), ["int32", 65535])
    assert.deepStrictEqual(read(5, [1], [254, 255]), ["int32", -2])
    assert.deepStrictEqual(read(12, [1], [255, 255, 255, 255]), ["int64", 2 ** 32 - 1])
    assert.deepStrictEqual(read(9, [2], [0, 1]), ["bool", 0, 1])
    assert.deepStrictEqual(read(22, [3], [0x7f, 0x08]), ["int32", -1, 7, -8])
    assert.deepStrictEqual(read(21, [3], [0x7f, 0x08]), ["uint8", 15, 7, 8])
  })

  // Bit patterns from the formats' definitions (IEEE 754 binary16; bfloat16; OCP 8-bit floating point).
  it("of half precision and of eight bits is widened exactly", () => {
    assert.deepStrictEqual(read(10, [5], [0x00, 0x3c, 0xff, 0x7b, 0x01, 0x00, 0x00, 0xfc, 0x00, 0xc0]), ["float32", 1, 65504, 2 ** -24, -Infinity, -2])
    assert.deepStrictEqual(read(16, [2], [0x80, 0x3f, 0x49, 0x40]), ["float32", 1, 3.140625])
    assert.deepStrictEqual(read(17, [4], [0x38, 0x7e, 0x01, 0xb8]), ["float32", 1, 448, 2 ** -9, -1])
    assert.deepStrictEqual(read(19, [3], [0x3c, 0x7b, 0x7c]), ["float32", 1, 57344, Infinity])
    assert.isNaN(toNumbers(tensorOf({ data_type: 17, dims: [1], raw_data: Uint8Array.of(0x7f) }))[0])
  })

  it("is read from typed fields too, small formats as bit patterns", () => {
    const values = (proto: Parameters<typeof tensorOf>[0]) => [...toNumbers(tensorOf(proto))]
    assert.deepStrictEqual(values({ data_type: 10, dims: [2], int32_data: [0x3c00, 0xc000] }), [1, -2])
    assert.deepStrictEqual(values({ data_type: 3, dims: [2], int32_data: [-1, 5] }), [-1, 5])
    assert.deepStrictEqual(values({ data_type: 13, dims: [1], uint64_data: [2 ** 40] }), [2 ** 40])
    assert.deepStrictEqual(values({ data_type: 11, dims: [], double_data: [0.1] }), [0.1])
    assert.deepStrictEqual(values({ data_type: 1, dims: [0] }), [])
  })

  it("may list only what is not zero", () => {
    const indices = { data_type: 7, dims: [2, 2], int64_data: [0, 2, 1, 0] }
    const { shape, data } = sparseTensorOf({ values: { data_type: 1, dims: [2], float_data: [5, 6] }, indices, dims: [2, 3] })
    assert.deepStrictEqual([shape, ...data], [[2, 3], 0, 0, 5, 6, 0, 0])
  })

  it("that is broken or holds text is named", () => {
    assert.throws(() => tensorOf({ name: "w", data_type: 8, dims: [1] }), /"w" holds string/)
    assert.throws(() => tensorOf({ name: "w", data_type: 1, dims: [2], raw_data: new Uint8Array(4) }), /"w" has 4 bytes, not 8/)
    assert.throws(() => tensorOf({ name: "w", data_type: 1, dims: [2], float_data: [1] }), /"w" has 1 elements, not 2/)
    assert.throws(() => importTensor(new TextEncoder().encode("no tensor")), /not ONNX/)
  })
})
