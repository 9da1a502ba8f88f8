//! What verifies the signatures of a service that delivers messages: HMAC-SHA1 (RFC 2104) without its secret.

use std::fmt;
use std::str::FromStr;

use sha1::block_api::compress;
use sha1::{Digest, Sha1};

use crate::Invalid;

const BLOCK_BYTES: usize = 64;
/// The initial state of SHA-1 (FIPS 180-4, section 5.3.1).
const INITIAL: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

type State = [u32; 5];

/// The states of the two hashes of HMAC-SHA1 after the secret. They verify signatures, but the secret, which may open an
/// account at the service, cannot be read from them. `Debug` hides them.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureKey {
    inner: State,
    outer: State,
}

impl SignatureKey {
    /// The key of a secret.
    pub fn new(secret: &str) -> SignatureKey {
        let mut block = [0; BLOCK_BYTES];
        if secret.len() > BLOCK_BYTES {
            block[..20].copy_from_slice(&Sha1::digest(secret));
        } else {
            block[..secret.len()].copy_from_slice(secret.as_bytes());
        }
        let state = |pad: u8| {
            let mut state = INITIAL;
            compress(&mut state, &[block.map(|byte| byte ^ pad)]);
            state
        };
        SignatureKey { inner: state(0x36), outer: state(0x5c) }
    }

    /// The signature of a message.
    pub fn sign(&self, message: &[u8]) -> [u8; 20] {
        finish(self.outer, &finish(self.inner, message))
    }
}

/// The hash of a block whose state is known, and of a message after it.
fn finish(mut state: State, message: &[u8]) -> [u8; 20] {
    let bits = 8 * (BLOCK_BYTES + message.len()) as u64;
    let mut padded = [message, &[0x80]].concat();
    padded.resize((padded.len() + 8).next_multiple_of(BLOCK_BYTES) - 8, 0);
    padded.extend(bits.to_be_bytes());
    let (blocks, _) = padded.as_chunks::<BLOCK_BYTES>();
    compress(&mut state, blocks);
    let mut hash = [0; 20];
    for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    hash
}

/// As stored: 80 hexadecimal digits.
impl fmt::Display for SignatureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.iter().chain(&self.outer).try_for_each(|word| write!(f, "{word:08x}"))
    }
}

impl FromStr for SignatureKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<SignatureKey, Invalid> {
        let word = |n: usize| text.get(8 * n..8 * n + 8).and_then(|word| u32::from_str_radix(word, 16).ok());
        let words: Option<Vec<u32>> = (0..10).map(word).collect();
        let words = words.filter(|_| text.len() == 80).ok_or(Invalid::SignatureKey)?;
        let state = |from: usize| std::array::from_fn(|n| words[from + n]);
        Ok(SignatureKey { inner: state(0), outer: state(5) })
    }
}

impl fmt::Debug for SignatureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignatureKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn signs(secret: &str, message: &str, expected: &str) {
        let key = SignatureKey::new(secret);
        let bytes = (0..20).map(|n| u8::from_str_radix(&expected[2 * n..2 * n + 2], 16).unwrap());
        assert_eq!(key.sign(message.as_bytes()).to_vec(), bytes.collect::<Vec<_>>());
        assert_eq!(key.to_string().parse(), Ok(key));
    }

    #[test]
    fn signatures_are_those_of_hmac_sha1() {
        // RFC 2202, section 3, test case 2.
        signs("Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        // Keys and messages around the size of a block, by the module hmac of Python.
        signs(&"k".repeat(0), &"m".repeat(0), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
        signs(&"k".repeat(64), &"m".repeat(55), "8ddbc0950a7a463a1f4af3f0701f86da2c5e05e6");
        signs(&"k".repeat(65), &"m".repeat(56), "f85ca3e7bc5a1b4f80b7008f898da0d901968819");
        signs(&"k".repeat(200), &"m".repeat(64), "b0a229288bfbc0f9329c3055a423b909353e5d04");
        signs("k", &"m".repeat(1000), "1e4cb68d32f56c8dfd0acd68ca1fcda88db860d6");
        for wrong in ["", "00", &"0".repeat(79), &"g".repeat(80), &"é".repeat(40)] {
            assert_eq!(wrong.parse::<SignatureKey>(), Err(Invalid::SignatureKey));
        }
    }
}
