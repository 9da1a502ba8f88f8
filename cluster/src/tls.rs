//! What a cluster shows to those who want to know whom they speak to.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

/// A certificate for `localhost`, its key, and the certificate of who signed it, as PEM.
pub struct Proof {
    pub authority: String,
    pub certificate: String,
    pub key: String,
}

impl Proof {
    /// One that is like no other.
    pub fn make() -> Proof {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "Kith's tests");
        let authority = CertifiedIssuer::self_signed(params, key()).expect("a certificate of one's own");

        let key = key();
        let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &authority).expect("a signature");
        Proof { authority: authority.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}
