//! `docker save` archives: `manifest.json` names config and layers by path. Written by docker, podman, buildah, skopeo.
//! Archives of newer dockers are OCI layouts too and are read as such.

use drivers::{Error, ErrorKind, Result};

use super::digest::Digest;
use super::json::{SavedImage, document};
use super::oci::{claimed_digest, matches, no_such_reference, several_references};
use super::open::{Named, OpenOptions, Parts};
use super::source::Source;

/// Finds the wanted image and its parts.
pub(super) fn load(source: &Source, options: &OpenOptions) -> Result<Parts> {
    let Some(blob) = source.find("manifest.json")? else {
        return Err(Error::new(ErrorKind::BadInput, "open the image")
            .path(source.path())
            .because("it has neither index.json nor manifest.json")
            .hint("an image is an OCI layout (directory or tar) or the output of docker save"));
    };
    let images: Vec<SavedImage> = document(&blob, "manifest.json", None)?;
    let image = choose(source, images, options.reference.as_deref())?;
    let layers = image.layers.unwrap_or_default();
    let layers = layers.into_iter().enumerate().map(|(i, name)| {
        Ok(Named {
            blob: source.need(&name, &format!("archive of layer {}", i + 1))?,
            digest: claimed_digest(&name),
            media_type: String::new(),
        })
    });
    let layers = layers.collect::<Result<_>>()?;
    Ok(Parts {
        reference: image.repo_tags.and_then(|tags| tags.into_iter().next()),
        manifest_digest: None,
        config_digest: claimed_digest(&image.config),
        config: source.need(&image.config, "config")?,
        layers,
    })
}

fn choose(source: &Source, images: Vec<SavedImage>, reference: Option<&str>) -> Result<SavedImage> {
    let tags = |image: &SavedImage| image.repo_tags.clone().unwrap_or_default();
    let id = |image: &SavedImage| claimed_digest(&image.config);
    let known: Vec<String> = images.iter().flat_map(tags).collect();
    let mut chosen: Vec<SavedImage> = images
        .into_iter()
        .filter(|image| {
            reference.is_none_or(|wanted| {
                tags(image).iter().any(|name| matches(name, wanted))
                    || id(image).as_ref().map(Digest::as_str) == Some(wanted)
            })
        })
        .collect();
    match (chosen.pop(), chosen.is_empty()) {
        (None, _) => Err(no_such_reference(source, reference, &known)),
        (Some(image), true) => Ok(image),
        (Some(_), false) => Err(several_references(source, &known)),
    }
}
