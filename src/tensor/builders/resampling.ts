/** Builders that change the sampling of images and signals. */
import type { Value } from "../graph.ts"
import { call, wholeAxis } from "./call.ts"

export interface ResizeOptions {
  /** How a value between samples is found (nearest). */
  readonly mode?: "nearest" | "linear" | "cubic"
  /** Where the result's samples lie in x (half_pixel). */
  readonly coordinates?: "half_pixel" | "half_pixel_symmetric" | "pytorch_half_pixel" | "align_corners" | "asymmetric"
  /** Which neighbour is the nearest (round_prefer_floor). */
  readonly nearest?: "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil"
  /** Widen the kernel when x shrinks (false). */
  readonly antialias?: boolean
}

/** x resampled to these spatial sizes (all axes but the first two). */
export const resize = (x: Value, sizes: ReadonlyArray<number>, { mode, coordinates, nearest, antialias = false }: ResizeOptions = {}): Value =>
  call("Resize", [x], {
    sizes: [...x.shape.slice(0, 2), ...sizes], mode, coordinate_transformation_mode: coordinates, nearest_mode: nearest, antialias: antialias ? 1 : 0
  })

/** Every pixel repeated `factor` times along each spatial axis. */
export const upsample = (x: Value, factor: number): Value =>
  resize(x, x.shape.slice(2).map((size) => size * factor), { coordinates: "asymmetric", nearest: "floor" })

export interface FourierOptions {
  /** The axis of the signal; the last axis is for real and imaginary part (-2). */
  readonly axis?: number
  /** Divide by the length and turn the other way. */
  readonly inverse?: boolean
  /** Of a real signal, only the frequencies that the others follow from: half the length, rounded down, plus one. */
  readonly onesided?: boolean
}

/** Discrete Fourier transform of x [..., 1 (real) or 2 (real, imaginary)]; the result's last axis has size 2. */
export const dft = (x: Value, { axis = -2, inverse = false, onesided = false }: FourierOptions = {}): Value =>
  call("DFT", [x], { axis: wholeAxis("DFT", x, axis), inverse: inverse ? 1 : 0, onesided: onesided ? 1 : 0 })

/** Two-dimensional transform of images: real [..., H, W], or complex [..., H, W, 2] when `complex`; the result is [..., H, W, 2]. */
export const dft2 = (x: Value, { complex = false, inverse = false } = {}): Value => {
  const signal = complex ? x : call("Unsqueeze", [x], { axes: [-1] })
  return dft(dft(signal, { axis: -2, inverse }), { axis: -3, inverse })
}
