//! What hovera's dtypes mean on a GPU, and which of them can be had where.

use crate::sys::{Arithmetic, Compute, Element};
use hovera_bench::BackendError;
use hovera_core::{Cache, Dtype, Engine, Layout, Point};

/// How a dtype's matrices are stored and multiplied.
///
/// An fp8 product is written in bf16, as `torch._scaled_mm` and the layers built on it do, and
/// accumulated without the fast, less exact mode. An int8 product stays the int32 that it was
/// accumulated in: nothing is lost, and nothing has to be scaled.
pub(crate) fn arithmetic(dtype: Dtype) -> Arithmetic {
    let same = |element, compute| Arithmetic { operand: element, result: element, compute };
    match dtype {
        Dtype::F16 => same(Element::F16, Compute::F32),
        Dtype::Bf16 => same(Element::Bf16, Compute::F32),
        Dtype::F32 => same(Element::F32, Compute::F32),
        Dtype::Tf32 => same(Element::F32, Compute::Tf32),
        Dtype::F8e4m3 => Arithmetic { operand: Element::E4m3, result: Element::Bf16, compute: Compute::F32 },
        Dtype::Int8 => Arithmetic { operand: Element::I8, result: Element::I32, compute: Compute::I32 },
    }
}

/// The longest sum of int8 products that cannot leave int32, nor reach the poison that marks an entry
/// as never written: 131,072 · 127² < 0x7F7F7F80.
const LONGEST_INT8_SUM: u32 = 1 << 17;

/// A card, as far as it decides what it can compute.
pub(crate) struct Ability<'a> {
    pub(crate) name: &'a str,
    pub(crate) compute_capability: (u32, u32),
    pub(crate) l2_bytes: Option<u64>,
    /// Why there is no cublasLt, if there is none.
    pub(crate) no_lt: Option<&'a str>,
}

impl Ability<'_> {
    /// Whether the card and its libraries can run a point.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`], naming what would be.
    pub(crate) fn supports(&self, point: &Point) -> Result<(), BackendError> {
        let refusals =
            [self.engine(point), self.card(point), layout(point), alignment(point), self.cache(point)];
        match refusals.into_iter().flatten().next() {
            Some(text) => Err(BackendError::Unsupported(text)),
            None => Ok(()),
        }
    }

    fn engine(&self, point: &Point) -> Option<String> {
        let engine = point.engine;
        if !engine.computes(point.op) && Engine::OF_SWEEPS.contains(&engine) {
            return Some(match point.op.is_product() {
                false => format!("engine {engine}: op {} is computed by engine cudnn alone", point.op),
                true => format!(
                    "engine {engine}: it computes ops attention and softmax alone; engine cublas works"
                ),
            });
        }
        match (engine, self.no_lt) {
            (Engine::Cudnn, _) => None,
            (Engine::Cublas, _) | (Engine::CublasLt | Engine::Tuned, None) => None,
            (Engine::CublasLt | Engine::Tuned, Some(why)) => {
                Some(format!("engine {engine}: {why}. Engine cublas works"))
            }
            _ => Some(format!("engine {engine}: the cuda backend has cublas, cublaslt, tuned and cudnn")),
        }
    }

    fn card(&self, point: &Point) -> Option<String> {
        let (oldest, what, instead) = match point.dtype {
            Dtype::F16 | Dtype::F32 => return None,
            Dtype::Int8 => ((7, 5), "int8", "f16 works"),
            Dtype::Bf16 => ((8, 0), "bf16", "f16 works"),
            Dtype::Tf32 => ((8, 0), "tf32", "f32 and f16 work"),
            Dtype::F8e4m3 => ((8, 9), "fp8", "f16 works"),
        };
        (self.compute_capability < oldest).then(|| {
            format!(
                "dtype {}: {} has no {what} tensor cores (compute capability {}.{} or newer has); {instead}",
                point.dtype, self.name, oldest.0, oldest.1
            )
        })
    }

    fn cache(&self, point: &Point) -> Option<String> {
        (point.cache == Cache::Cold && self.l2_bytes.is_none()).then(|| {
            format!("cache cold: {} does not tell the size of its L2 cache; cache hot works", self.name)
        })
    }
}

fn layout(point: &Point) -> Option<String> {
    match (point.dtype, point.engine, point.layout) {
        (Dtype::F8e4m3, Engine::Cublas, _) => Some(
            "dtype e4m3 with engine cublas: cuBLAS has no fp8; engines cublaslt and tuned have".to_owned(),
        ),
        (Dtype::F8e4m3, _, Layout::Nn | Layout::Tn | Layout::Tt | Layout::Other) => Some(format!(
            "dtype e4m3 in layout {}: cublasLt wants fp8 operands with k contiguous, which is layout nt",
            point.layout
        )),
        // cuBLAS 13.1 on an H100 computes most sizes in nn, and refuses 4x100x100x68, 1x1012x1012x60,
        // 48x2048x2048x64 and 4x100x68x100, by no rule that is documented or seen.
        (Dtype::Int8, _, Layout::Nn | Layout::Tn | Layout::Tt | Layout::Other) => Some(format!(
            "dtype int8 in layout {}: cuBLAS refuses some sizes of nn, and cublasLt all that are not nt; layout nt works",
            point.layout
        )),
        _ => None,
    }
}

/// "Tensor Core Usage" and `cublasLtMatmul` in NVIDIA's cuBLAS documentation: fp8 matrices need rows of
/// a multiple of 16 bytes, int8 ones of 4. Rows are k, and n long; the message calls them what they are in the layer.
fn alignment(point: &Point) -> Option<String> {
    let multiple = match point.dtype {
        Dtype::F8e4m3 => 16,
        Dtype::Int8 => 4,
        _ => return None,
    };
    let (dtype, gemm) = (point.dtype, point.gemm());
    if !gemm.n().is_multiple_of(multiple) || !gemm.k().is_multiple_of(multiple) {
        let [_, n, k] = point.sides();
        let mut sizes = [(n, "n", gemm.n()), (k, "k", gemm.k())];
        sizes.sort_by_key(|(side, ..)| *side);
        let [first, second] =
            sizes.map(|(side, name, size)| format!("{} {size}", side.key().unwrap_or(name)));
        return Some(format!("dtype {dtype} at {first}, {second}: both must be multiples of {multiple}"));
    }
    (dtype == Dtype::Int8 && gemm.k() > LONGEST_INT8_SUM).then(|| {
        format!(
            "dtype int8 with sums of {} products: from {} on they can leave int32",
            gemm.k(),
            LONGEST_INT8_SUM + 1
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hovera_core::{Gemm, Op, made_up};

    fn point(dtype: Dtype, engine: Engine, layout: Layout, (s, d): (u64, u64)) -> Point {
        let point = made_up::point_of_layer(Op::Score, made_up::layer((2, 1, s, d)));
        Point { dtype, engine, layout, ..point }
    }

    fn ability(compute_capability: (u32, u32)) -> Ability<'static> {
        Ability { name: "Card", compute_capability, l2_bytes: Some(50 << 20), no_lt: None }
    }

    #[test]
    fn sizes_are_those_that_bytes_are_counted_by() {
        for dtype in Dtype::ALL {
            let arithmetic = arithmetic(*dtype);
            assert_eq!(arithmetic.operand.size(), dtype.size(), "{dtype}");
            assert_eq!(arithmetic.result.size(), dtype.output_size(), "{dtype}");
        }
    }

    /// What a card of that compute capability has, at a shape that suits every dtype.
    fn had(compute_capability: (u32, u32)) -> Vec<String> {
        let ability = ability(compute_capability);
        let mut had = Vec::new();
        for dtype in Dtype::ALL {
            for engine in [Engine::Cublas, Engine::CublasLt, Engine::Tuned] {
                for layout in Layout::OF_SWEEPS {
                    if ability.supports(&point(*dtype, engine, *layout, (64, 32))).is_ok() {
                        had.push(format!("{dtype} {engine} {layout}"));
                    }
                }
            }
        }
        had
    }

    #[test]
    fn each_generation_has_what_its_tensor_cores_and_libraries_have() {
        let everywhere = |dtype: &str| {
            ["cublas", "cublaslt", "tuned"]
                .iter()
                .flat_map(|engine| {
                    ["nn", "nt", "tn", "tt"].map(|layout| format!("{dtype} {engine} {layout}"))
                })
                .collect::<Vec<_>>()
        };
        let volta = [everywhere("f16"), everywhere("f32")].concat();
        assert_eq!(had((7, 0)), volta);
        let int8 = ["int8 cublas nt", "int8 cublaslt nt", "int8 tuned nt"];
        let ampere = [
            everywhere("f16"),
            everywhere("bf16"),
            everywhere("f32"),
            everywhere("tf32"),
            int8.map(str::to_owned).to_vec(),
        ];
        assert_eq!(had((8, 0)), ampere.concat());
        let e4m3 = ["e4m3 cublaslt nt", "e4m3 tuned nt"].map(str::to_owned).to_vec();
        let [f16, bf16, f32, tf32, int8] = ampere;
        assert_eq!(had((9, 0)), [f16, bf16, f32, tf32, e4m3, int8].concat());
    }

    fn refusal(ability: &Ability<'_>, point: Point) -> String {
        match ability.supports(&point) {
            Err(BackendError::Unsupported(text)) => text,
            other => panic!("{point:?}: {other:?}"),
        }
    }

    #[test]
    fn a_refusal_names_what_works() {
        let hopper = ability((9, 0));
        let nn = |dtype, engine, sizes| refusal(&hopper, point(dtype, engine, Layout::Nn, sizes));
        let nt = |dtype, sizes| refusal(&hopper, point(dtype, Engine::Tuned, Layout::Nt, sizes));
        assert_eq!(
            nn(Dtype::F16, Engine::Cpu, (8, 8)),
            "engine cpu: the cuda backend has cublas, cublaslt, tuned and cudnn"
        );
        assert_eq!(
            nn(Dtype::F8e4m3, Engine::Cublas, (64, 64)),
            "dtype e4m3 with engine cublas: cuBLAS has no fp8; engines cublaslt and tuned have"
        );
        assert_eq!(
            nn(Dtype::F8e4m3, Engine::Tuned, (64, 64)),
            "dtype e4m3 in layout nn: cublasLt wants fp8 operands with k contiguous, which is layout nt"
        );
        let tn = point(Dtype::F8e4m3, Engine::Tuned, Layout::Tn, (64, 64));
        assert!(refusal(&hopper, tn).starts_with("dtype e4m3 in layout tn: "));
        for engine in [Engine::Cublas, Engine::CublasLt, Engine::Tuned] {
            assert!(
                nn(Dtype::Int8, engine, (64, 64)).ends_with("cublasLt all that are not nt; layout nt works")
            );
        }
        assert_eq!(
            nt(Dtype::F8e4m3, (64, 72)),
            "dtype e4m3 at seq 64, head_dim 72: both must be multiples of 16"
        );
        assert_eq!(
            nt(Dtype::Int8, (66, 64)),
            "dtype int8 at seq 66, head_dim 64: both must be multiples of 4"
        );
        let logits = Point {
            op: Op::Logits,
            gemm: Gemm::new(1, 64, 50_257, 128).unwrap(),
            ..point(Dtype::F8e4m3, Engine::Tuned, Layout::Nt, (64, 64))
        };
        assert_eq!(
            refusal(&ability((9, 0)), logits),
            "dtype e4m3 at hidden 128, n 50257: both must be multiples of 16"
        );
        assert_eq!(
            nt(Dtype::Int8, (64, 131_076)),
            "dtype int8 with sums of 131076 products: from 131073 on they can leave int32"
        );
        assert_eq!(
            refusal(&ability((8, 6)), point(Dtype::F8e4m3, Engine::Tuned, Layout::Nt, (64, 64))),
            "dtype e4m3: Card has no fp8 tensor cores (compute capability 8.9 or newer has); f16 works"
        );
    }

    #[test]
    fn without_cublaslt_or_a_known_l2_the_rest_works() {
        let lame = Ability { no_lt: Some("cannot load cublasLt"), l2_bytes: None, ..ability((9, 0)) };
        let square = |engine| point(Dtype::F16, engine, Layout::Nn, (64, 64));
        assert_eq!(lame.supports(&square(Engine::Cublas)), Ok(()));
        assert_eq!(
            refusal(&lame, square(Engine::Tuned)),
            "engine tuned: cannot load cublasLt. Engine cublas works"
        );
        let cold = Point { cache: Cache::Cold, ..square(Engine::Cublas) };
        assert!(refusal(&lame, cold).starts_with("cache cold: Card does not tell the size of its L2"));
        assert_eq!(ability((9, 0)).supports(&cold), Ok(()));
    }

    #[test]
    fn the_longest_int8_sum_stays_below_the_poison() {
        let poison = i64::from(i32::from_ne_bytes([arithmetic(Dtype::Int8).result.poison(); 4]));
        assert!(i64::from(LONGEST_INT8_SUM) * 127 * 127 < poison.abs());
    }
}
