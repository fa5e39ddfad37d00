//! Makes an image and says how long that took: `generate_image PRESET DIR [none|gzip|zstd]`.

use workloads::image::Compression;
use workloads::image::generate::{self, Preset};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [preset, dir, rest @ ..] = args.as_slice() else {
        return Err("usage: generate_image PRESET DIR [none|gzip|zstd]".into());
    };
    let mut spec = preset.parse::<Preset>()?.spec();
    spec.compression = match rest.first().map(String::as_str) {
        Some("none") => Compression::None,
        Some("zstd") => Compression::Zstd,
        _ => Compression::Gzip,
    };
    let start = std::time::Instant::now();
    generate::write(&spec, dir.as_ref())?;
    #[expect(clippy::print_stdout, reason = "it is what this example is for")]
    {
        println!("{:.2} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}
