// Element types with nothing but the standard library. Included by the simulated libraries. They are
// numbered as in kernels.cu: 0 f16, 1 bf16, 2 f32, 3 e4m3, 4 int8, 5 int32.

fn size(element: i32) -> u64 {
    [2, 2, 4, 1, 1, 4][element as usize]
}

/// A small float with so many bits of exponent and fraction; e4m3 has one NaN and no infinities.
fn widen_small(bits: u32, exponent_bits: u32, fraction_bits: u32) -> f64 {
    let sign = if bits >> (exponent_bits + fraction_bits) & 1 == 0 { 1.0 } else { -1.0 };
    let bias = (1 << (exponent_bits - 1)) - 1;
    let (top, last) = ((1 << exponent_bits) - 1, (1u32 << fraction_bits) - 1);
    let (exponent, fraction) = ((bits >> fraction_bits & top) as i32, bits & last);
    let place = 2f64.powi(exponent.max(1) - bias - fraction_bits as i32);
    if exponent_bits == 4 && exponent == 15 && fraction == last {
        return f64::NAN;
    }
    if exponent_bits != 4 && exponent == top as i32 {
        return if fraction == 0 { sign * f64::INFINITY } else { f64::NAN };
    }
    sign * f64::from(fraction + if exponent == 0 { 0 } else { last + 1 }) * place
}

fn narrow_small(x: f64, exponent_bits: u32, fraction_bits: u32, largest: u32) -> u32 {
    let sign = if x.is_sign_negative() { 1 << (exponent_bits + fraction_bits) } else { 0 };
    let least = 2 - (1 << (exponent_bits - 1));
    // Rounding to a multiple of the last place, then writing that multiple down, carries by itself.
    let exponent = (x.abs().log2().floor() as i32).max(least);
    let places = (x.abs() * 2f64.powi(fraction_bits as i32 - exponent)).round_ties_even() as i64;
    let bits = i64::from(exponent - least) * (1 << fraction_bits) + places;
    sign | bits.clamp(0, largest.into()) as u32
}

unsafe fn load(from: u64, i: u64, element: i32) -> f64 {
    let at = from + i * size(element);
    unsafe {
        match element {
            0 => widen_small((*(at as *const u16)).into(), 5, 10),
            1 => f64::from(f32::from_bits(u32::from(*(at as *const u16)) << 16)),
            2 => f64::from(*(at as *const f32)),
            3 => widen_small((*(at as *const u8)).into(), 4, 3),
            4 => f64::from(*(at as *const i8)),
            _ => f64::from(*(at as *const i32)),
        }
    }
}

unsafe fn store(to: u64, i: u64, x: f64, element: i32) {
    let at = to + i * size(element);
    unsafe {
        match element {
            0 => *(at as *mut u16) = narrow_small(x, 5, 10, 0x7c00) as u16,
            1 => {
                let bits = (x as f32).to_bits();
                *(at as *mut u16) = (bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16) as u16;
            }
            2 => *(at as *mut f32) = x as f32,
            3 => *(at as *mut u8) = narrow_small(x, 4, 3, 0x7e) as u8,
            4 => *(at as *mut i8) = x as i8,
            _ => *(at as *mut i32) = x as i32,
        }
    }
}
