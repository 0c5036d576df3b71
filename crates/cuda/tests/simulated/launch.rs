// A call of a library, as the simulated driver tells it. Included by the simulated libraries.

/// A kernel and how it is launched; none without a name.
#[repr(C)]
#[derive(Clone, Copy)]
struct Launch {
    name: *const c_char,
    grid: [u32; 3],
    block: [u32; 3],
    cluster: [u32; 3],
    shared: u32,
    registers: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Call {
    launch: Launch,
    /// Whether memory is set before.
    memset: bool,
    /// A second kernel.
    reduction: Launch,
}

const NO_LAUNCH: Launch =
    Launch { name: std::ptr::null(), grid: [0; 3], block: [0; 3], cluster: [0; 3], shared: 0, registers: 0 };
