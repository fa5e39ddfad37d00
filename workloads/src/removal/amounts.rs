//! How much is removed.

/// See the fields.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// `remove`: files that the container wrote.
    pub remove_container_files: u32,
    /// `remove`: layers of the image.
    pub remove_image_layers: u32,
    /// `remove`: files of the large layer.
    pub remove_layer_files: u32,
    /// `remove`: bytes that wait to be written when a container is unmounted.
    pub remove_dirty_bytes: u64,
    /// `remove`: synced writes of a neighbour while nothing is removed.
    pub remove_neighbour_writes: u32,
}

impl Amounts {
    /// Enough to see that everything works.
    pub fn smoke() -> Self {
        Self {
            remove_container_files: 20,
            remove_image_layers: 2,
            remove_layer_files: 100,
            remove_dirty_bytes: 1 << 20,
            remove_neighbour_writes: 4,
        }
    }

    /// For a run of some minutes.
    pub fn ordinary() -> Self {
        Self {
            remove_container_files: 200,
            remove_image_layers: 4,
            remove_layer_files: 1000,
            remove_dirty_bytes: 16 << 20,
            remove_neighbour_writes: 30,
        }
    }

    /// For published numbers.
    pub fn publish() -> Self {
        Self {
            remove_container_files: 2000,
            remove_image_layers: 20,
            remove_layer_files: 100_000,
            remove_dirty_bytes: 256 << 20,
            remove_neighbour_writes: 1000,
        }
    }
}
