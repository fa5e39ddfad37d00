//! What every layer holds. A layer above the first also overwrites and deletes what lies below it.

use std::collections::BTreeMap;

use super::content::Content;
use super::draw::Draw;
use super::features;
use super::size;
use super::spec::{Spec, permille};
use super::words::word;

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Directory,
    File(Content),
    Symlink(String),
    HardLink(String),
    Fifo,
}

/// Everything of an entry that is not its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) mode: u32,
    pub(super) owner: u32,
    pub(super) seconds: u64,
    pub(super) nanoseconds: u32,
    pub(super) xattrs: Vec<(&'static str, Vec<u8>)>,
}

/// The entries of one layer by path: a directory comes before what is in it, a file before its hard links.
pub(super) type LayerPlan = BTreeMap<String, (Node, Meta)>;

/// All layers, the lowest first.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) layers: Vec<LayerPlan>,
    pub(super) start_files: Vec<String>,
}

/// The tree as it stands on top of the layers planned so far, and the layer being planned.
#[derive(Debug)]
pub(super) struct Planner {
    dirs: BTreeMap<String, Meta>,
    files: BTreeMap<String, (Content, Meta)>,
    /// Contents that later files may repeat.
    pool: Vec<(u64, u64)>,
    pub(super) layer: LayerPlan,
    pub(super) draw: Draw,
    serial: u32,
}

/// Plans an image.
pub(super) fn plan(spec: &Spec) -> Plan {
    let mut planner = Planner {
        dirs: BTreeMap::new(),
        files: BTreeMap::new(),
        pool: Vec::new(),
        layer: LayerPlan::new(),
        draw: Draw::new("image", &[spec.seed]),
        serial: 0,
    };
    let weights: Vec<u64> = (0..spec.layers)
        .map(|i| ((1 << 16) >> i.min(16)).max(1 << 10))
        .collect();
    let sum: u64 = weights.iter().sum();
    let mut layers = Vec::new();
    for (i, weight) in (0..).zip(weights) {
        let variant = if i < spec.shared_layers {
            0
        } else {
            spec.variant
        };
        planner.draw = Draw::new("layer", &[spec.seed, i.into(), variant.into()]);
        if i == 0 {
            features::base(&mut planner, spec);
        }
        let files = (u64::from(spec.files) * weight / sum).max(8);
        planner.directories(files / 12 + 2, spec.depth);
        planner.fill(
            files,
            spec.bytes * weight / sum,
            permille(spec.duplication),
            i > 0,
        );
        planner.links(files);
        if i > 0 {
            planner.deletions(files, i % 2 == 0);
        }
        layers.push(std::mem::take(&mut planner.layer));
    }
    let start_files = planner.start_files(spec.seed);
    Plan {
        layers,
        start_files,
    }
}

impl Planner {
    /// Metadata like most of an image's: root's, a time in the second half of 2023, every tenth with nanoseconds.
    pub(super) fn meta(&mut self, mode: u32) -> Meta {
        let nanoseconds = if self.draw.chance(100) {
            u32::try_from(self.draw.below(1_000_000_000)).unwrap_or(0)
        } else {
            0
        };
        Meta {
            mode,
            owner: 0,
            seconds: 1_690_000_000 + self.draw.below(15_000_000),
            nanoseconds,
            xattrs: Vec::new(),
        }
    }

    pub(super) fn directory(&mut self, path: &str, meta: Meta) {
        self.dirs.insert(path.to_owned(), meta);
        self.entry(path, Node::Directory);
    }

    pub(super) fn file(&mut self, path: &str, content: Content, meta: Meta) {
        self.files
            .insert(path.to_owned(), (content.clone(), meta.clone()));
        self.add(path, Node::File(content), meta);
    }

    /// Adds an entry, and its parents with the metadata they have, as layer archives made by Docker do.
    pub(super) fn add(&mut self, path: &str, node: Node, meta: Meta) {
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.entry(parent, Node::Directory);
        }
        self.layer.insert(path.to_owned(), (node, meta));
    }

    fn entry(&mut self, path: &str, node: Node) {
        if self.layer.contains_key(path) {
            return;
        }
        if let Some(meta) = self.dirs.get(path).cloned() {
            self.add(path, node, meta);
        }
    }

    /// A name that was not used before.
    pub(super) fn name(&mut self) -> String {
        self.serial += 1;
        let bytes = self.draw.bits().to_le_bytes();
        let extension = ["", ".so", ".txt", ".py", ".conf", ".h", ".gz", ".mo"];
        let extension = extension[usize::from(bytes[2]) % extension.len()];
        format!(
            "{}{}-{:x}{extension}",
            word(bytes[0]),
            word(bytes[1]),
            self.serial
        )
    }

    /// A directory that packages put files in.
    pub(super) fn any_directory(&mut self) -> String {
        let usable: Vec<&String> = self.dirs.keys().filter(|dir| is_package_dir(dir)).collect();
        let at = self.draw.index(usable.len());
        usable
            .get(at)
            .map_or_else(|| "usr".to_owned(), |dir| (*dir).clone())
    }

    fn directories(&mut self, count: u64, depth: u32) {
        for _ in 0..count {
            let parent = self.any_directory();
            let levels = parent.split('/').count();
            if levels < usize::try_from(depth).unwrap_or(usize::MAX) {
                let path = format!("{parent}/{}", self.name());
                let meta = self.meta(0o755);
                self.directory(&path, meta);
            }
        }
    }

    /// New files, and in upper layers new versions of old ones.
    fn fill(&mut self, count: u64, bytes: u64, duplication: u64, overwrite: bool) {
        // Chosen once: looking for a directory goes through all of them.
        let dirs: Vec<String> = self
            .dirs
            .keys()
            .filter(|d| is_package_dir(d))
            .cloned()
            .collect();
        let old: Vec<String> = self
            .files
            .keys()
            .filter(|f| is_package_dir(f))
            .cloned()
            .collect();
        let mut sizes: Vec<(u64, bool)> = Vec::new();
        let mut ids: Vec<u64> = Vec::new();
        for _ in 0..count {
            let (mut id, mut size, mut fixed) =
                (self.draw.bits(), size::draw(&mut self.draw), false);
            if self.draw.chance(duplication) && !ids.is_empty() {
                let copied = self.draw.index(self.pool.len() + ids.len());
                match self.pool.get(copied) {
                    // Only small ones: a copy must not take up the whole of a small layer.
                    Some((other, len)) if *len <= bytes / 16 => {
                        (id, size, fixed) = (*other, *len, true);
                    }
                    Some(_) => {}
                    None => {
                        let same_layer = copied - self.pool.len();
                        (id, size) = (ids[same_layer], sizes[same_layer].0);
                        fixed = sizes[same_layer].1;
                    }
                }
            }
            ids.push(id);
            sizes.push((size, fixed));
        }
        size::scale(&mut sizes, bytes);
        for (id, (len, _)) in ids.into_iter().zip(sizes) {
            let replaced = overwrite && self.draw.chance(150) && !old.is_empty();
            let at = self
                .draw
                .index(if replaced { old.len() } else { dirs.len() });
            let path = if replaced {
                old[at].clone()
            } else {
                format!(
                    "{}/{}",
                    dirs.get(at).map_or("usr", String::as_str),
                    self.name()
                )
            };
            let mode = [0o644, 0o644, 0o644, 0o755, 0o600][self.draw.index(5)];
            let mut meta = self.meta(mode);
            if self.draw.chance(20) {
                meta.owner = [101, 1000][self.draw.index(2)];
            }
            if self.draw.chance(5) {
                meta.xattrs
                    .push(("user.layerbench.note", word(0x5a).as_bytes().to_vec()));
            }
            self.pool.push((id, len));
            self.file(&path, Content::Drawn { id, len }, meta);
        }
    }

    fn links(&mut self, files: u64) {
        let own: Vec<String> = self
            .layer
            .iter()
            .filter(|(path, (node, _))| matches!(node, Node::File(_)) && is_package_dir(path))
            .map(|(path, _)| path.clone())
            .collect();
        if own.is_empty() {
            return;
        }
        for i in 0..files / 20 + 2 {
            let target = own[self.draw.index(own.len())].clone();
            let link = format!("{target}.link");
            if i % 3 == 0 {
                if let Some((_, meta)) = self.layer.get(&target).cloned() {
                    self.add(&link, Node::HardLink(target), meta);
                }
            } else {
                let path = format!("{}/{}", self.any_directory(), self.name());
                let target = if i % 3 == 1 {
                    format!("/{target}")
                } else {
                    "../".repeat(path.split('/').count() - 1) + &target
                };
                let meta = self.meta(0o777);
                self.add(&path, Node::Symlink(target), meta);
            }
        }
    }

    fn deletions(&mut self, files: u64, opaque: bool) {
        for _ in 0..files / 20 + 1 {
            let untouched: Vec<&String> = self
                .files
                .keys()
                .filter(|path| is_package_dir(path) && !self.layer.contains_key(*path))
                .collect();
            let at = self.draw.index(untouched.len());
            if let Some(path) = untouched.get(at).map(|path| (*path).clone()) {
                self.whiteout(&path);
                self.files.remove(&path);
            }
        }
        // Directories of lower layers that this layer has nothing in, but that have something in them.
        let whole: Vec<String> = self
            .dirs
            .keys()
            .filter(|dir| {
                dir.split('/').count() > 2
                    && is_package_dir(dir)
                    && !self.layer.contains_key(*dir)
                    && below(&self.files, dir).next().is_some()
            })
            .cloned()
            .collect();
        let at = self.draw.index(whole.len());
        let Some(dir) = whole.get(at).cloned() else {
            return;
        };
        let inside = format!("{dir}/");
        self.files.retain(|path, _| !path.starts_with(&inside));
        self.dirs.retain(|path, _| !path.starts_with(&inside));
        if opaque {
            let path = format!("{dir}/{}", self.name());
            let meta = self.meta(0o644);
            self.file(
                &path,
                Content::Bytes(b"new in an opaque directory\n".to_vec()),
                meta,
            );
            let meta = self.meta(0o600);
            self.add(
                &format!("{dir}/.wh..wh..opq"),
                Node::File(Content::Bytes(Vec::new())),
                meta,
            );
        } else {
            self.whiteout(&dir);
            self.dirs.remove(&dir);
        }
    }

    fn whiteout(&mut self, path: &str) {
        if let Some((parent, name)) = path.rsplit_once('/') {
            let meta = self.meta(0o600);
            self.add(
                &format!("{parent}/.wh.{name}"),
                Node::File(Content::Bytes(Vec::new())),
                meta,
            );
        }
    }

    /// Files a program of this image would read when it starts: about 6.4 % of its bytes, which is what Harter et al.
    /// ("Slacker", FAST 2016) found containers to read before they do something useful; at most 256 files.
    fn start_files(&mut self, seed: u64) -> Vec<String> {
        self.draw = Draw::new("start", &[seed]);
        let total: u64 = self.files.values().map(|(content, _)| content.len()).sum();
        let mut candidates: Vec<(&String, u64)> = self
            .files
            .iter()
            .map(|(path, (content, _))| (path, content.len()))
            .filter(|(_, len)| *len > 0)
            .collect();
        let (mut chosen, mut bytes) = (Vec::new(), 0);
        while bytes < total * 64 / 1000 && chosen.len() < 256 && !candidates.is_empty() {
            let at = self.draw.index(candidates.len());
            let (path, len) = candidates.swap_remove(at);
            bytes += len;
            chosen.push(path.clone());
        }
        chosen.sort();
        chosen
    }
}

/// Whether packages put things there, as opposed to the fixed parts of a root.
fn is_package_dir(path: &str) -> bool {
    ["usr/lib/", "usr/share/", "opt/", "var/lib/"]
        .iter()
        .any(|top| path.starts_with(top))
        || ["usr/lib", "usr/share", "opt", "var/lib"].contains(&path)
}

fn below<'a, V>(
    map: &'a BTreeMap<String, V>,
    dir: &str,
) -> impl Iterator<Item = (&'a String, &'a V)> {
    let prefix = format!("{dir}/");
    map.range(prefix.clone()..)
        .take_while(move |(path, _)| path.starts_with(&prefix))
}
