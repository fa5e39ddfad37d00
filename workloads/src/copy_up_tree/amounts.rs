//! How much `copy-up-tree` does.

/// Amounts of `copy-up-tree`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// Files of the trees that are changed as a whole. Without metacopy overlayfs copies and syncs each one.
    pub tree_files: Vec<u32>,
    /// Bytes of each of these files.
    pub tree_file_bytes: u64,
    /// Threads that make first writes at once.
    pub tree_parallel: Vec<u32>,
    /// Bytes of the file that is overwritten in places.
    pub tree_block_file_bytes: u64,
    /// Blocks of 4 KiB that are overwritten in it.
    pub tree_blocks: u32,
    /// Length of the sparse file; 64 KiB of it are data.
    pub tree_sparse_bytes: u64,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            tree_files: vec![30],
            tree_file_bytes: 16 << 10,
            tree_parallel: vec![1, 2],
            tree_block_file_bytes: 256 << 10,
            tree_blocks: 8,
            tree_sparse_bytes: 4 << 20,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            tree_files: vec![100],
            tree_parallel: vec![1, 4],
            tree_block_file_bytes: 16 << 20,
            tree_blocks: 64,
            tree_sparse_bytes: 64 << 20,
            ..Self::smoke()
        }
    }

    /// For published numbers. A tree of 100,000 files takes minutes a cell: `scale = { tree_files = [100000] }`.
    pub fn publish() -> Self {
        Self {
            tree_files: vec![1000, 10_000],
            tree_parallel: vec![1, 4, 16],
            tree_block_file_bytes: 256 << 20,
            tree_blocks: 1000,
            tree_sparse_bytes: 1 << 30,
            ..Self::smoke()
        }
    }
}
