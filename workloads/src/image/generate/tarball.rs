//! Writes a planned layer as a POSIX tar archive; what a ustar header cannot hold goes into PAX records.

use std::io::{self, Write};

use tar::{Builder, EntryType, Header};

use super::content::Content;
use super::plan::{LayerPlan, Meta, Node};

/// The longest name and link target of a ustar header.
const NAME_MAX: usize = 100;

/// Writes all entries and the end of the archive.
pub(super) fn write<W: Write>(layer: &LayerPlan, text_permille: u64, sink: W) -> io::Result<W> {
    let mut builder = Builder::new(sink);
    for (path, (node, meta)) in layer {
        entry(&mut builder, path, node, meta, text_permille)?;
    }
    builder.into_inner()
}

fn entry<W: Write>(
    builder: &mut Builder<W>,
    path: &str,
    node: &Node,
    meta: &Meta,
    text_permille: u64,
) -> io::Result<()> {
    let empty = Content::Bytes(Vec::new());
    let (kind, link, content) = match node {
        Node::Directory => (EntryType::Directory, None, &empty),
        Node::File(content) => (EntryType::Regular, None, content),
        Node::Symlink(target) => (EntryType::Symlink, Some(target), &empty),
        Node::HardLink(target) => (EntryType::Link, Some(target), &empty),
        Node::Fifo => (EntryType::Fifo, None, &empty),
    };
    let name = if *node == Node::Directory {
        format!("{path}/")
    } else {
        path.to_owned()
    };
    let mut records: Vec<(String, Vec<u8>)> = Vec::new();
    if name.len() > NAME_MAX || !name.is_ascii() {
        records.push(("path".to_owned(), name.clone().into_bytes()));
    }
    if let Some(link) = link
        && link.len() > NAME_MAX
    {
        records.push(("linkpath".to_owned(), link.clone().into_bytes()));
    }
    if meta.nanoseconds > 0 {
        let time = format!("{}.{:09}", meta.seconds, meta.nanoseconds);
        records.push(("mtime".to_owned(), time.into_bytes()));
    }
    for (name, value) in &meta.xattrs {
        records.push((format!("SCHILY.xattr.{name}"), value.clone()));
    }
    if !records.is_empty() {
        builder.append_pax_extensions(
            records
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_slice())),
        )?;
    }
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    if let Some(ustar) = header.as_ustar_mut() {
        put(&mut ustar.name, name.as_bytes());
        put(
            &mut ustar.linkname,
            link.map_or(b"", |link| link.as_bytes()),
        );
    }
    header.set_mode(meta.mode);
    header.set_uid(meta.owner.into());
    header.set_gid(meta.owner.into());
    header.set_mtime(meta.seconds);
    header.set_size(content.len());
    header.set_device_major(0)?;
    header.set_device_minor(0)?;
    header.set_cksum();
    builder.append(&header, content.reader(text_permille))
}

fn put(field: &mut [u8; NAME_MAX], value: &[u8]) {
    let len = value.len().min(NAME_MAX);
    field[..len].copy_from_slice(&value[..len]);
}
