// A batched column-major product, queued on the simulated driver. Included by the simulated libraries.

#[derive(Clone, Copy)]
struct Operand {
    at: u64,
    transposed: bool,
    leading: i64,
    stride: i64,
}

#[derive(Clone, Copy)]
struct Product {
    sizes: [usize; 3],
    batch: i64,
    a: Operand,
    b: Operand,
    c: Operand,
    operand: i32,
    result: i32,
    /// Operands lose what tf32 does not have.
    tf32: bool,
    /// What it does wrong: `row` leaves out the last column of Cᵀ, `half` half of the sum.
    mistake: Mistake,
}

#[derive(Clone, Copy, PartialEq)]
enum Mistake {
    None,
    Row,
    Half,
}

/// Element type of a `cudaDataType_t`.
fn element(cuda: c_int) -> i32 {
    match cuda {
        2 => 0,
        14 => 1,
        0 => 2,
        28 => 3,
        3 => 4,
        10 => 5,
        other => panic!("cudaDataType {other}"),
    }
}

impl Product {
    unsafe fn compute(&self) {
        let [m, n, k] = self.sizes;
        let at = |matrix: &Operand, x: i64, row: usize, column: usize| {
            let (row, column) = if matrix.transposed { (column, row) } else { (row, column) };
            let value = unsafe {
                load(
                    matrix.at,
                    (x * matrix.stride + column as i64 * matrix.leading + row as i64) as u64,
                    self.operand,
                )
            };
            if self.tf32 { f64::from(f32::from_bits((value as f32).to_bits() & !0x1fff)) } else { value }
        };
        let columns = if self.mistake == Mistake::Row { n - 1 } else { n };
        let depth = if self.mistake == Mistake::Half { k / 2 } else { k };
        for x in 0..self.batch {
            for i in 0..m {
                for j in 0..columns {
                    let sum: f64 = (0..depth).map(|l| at(&self.a, x, i, l) * at(&self.b, x, l, j)).sum();
                    let index = x * self.c.stride + j as i64 * self.c.leading + i as i64;
                    unsafe { store(self.c.at, index as u64, sum, self.result) };
                }
            }
        }
    }

    fn queue(self, call: Call) -> c_int {
        unsafe extern "C" {
            fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
            fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
        }
        extern "C" fn run(product: *mut c_void) {
            unsafe { (*(product as *const Product)).compute() }
        }
        type Queue = unsafe extern "C" fn(extern "C" fn(*mut c_void), *mut c_void, *const Call) -> c_int;
        unsafe {
            // RTLD_LAZY | RTLD_NOLOAD.
            let driver = dlopen(c"libcuda.so.1".as_ptr(), 1 | 4);
            let queue: Queue = std::mem::transmute(dlsym(driver, c"sim_queue".as_ptr()));
            // A graph may keep it for ever.
            if queue(run, Box::into_raw(Box::new(self)).cast(), &call) == 0 { 0 } else { 14 }
        }
    }
}
