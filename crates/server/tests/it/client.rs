//! An HTTP client that sends any bytes, valid or not, and reads the responses.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// A request.
#[derive(Clone)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, target: &str) -> Request {
        Request { method: method.into(), target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// Sets a header.
    pub fn with(self, name: &str, value: &str) -> Request {
        let mut request = self.without(name);
        request.headers.push((name.into(), value.into()));
        request
    }

    pub fn without(mut self, name: &str) -> Request {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    pub fn method(mut self, method: &str) -> Request {
        self.method = method.into();
        self
    }

    pub fn target(mut self, target: &str) -> Request {
        self.target = target.into();
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = body.into();
        self
    }

    /// Returns the bytes of the request, with the length of the body.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head(&format!("Content-Length: {}", self.body.len()));
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Returns the bytes of the request with a chunked body.
    pub fn chunked(&self, piece: usize) -> Vec<u8> {
        let mut bytes = self.head("Transfer-Encoding: chunked");
        for chunk in self.body.chunks(piece) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        bytes
    }

    /// Returns the head of the request. `framing` is the header that frames the body.
    pub fn head(&self, framing: &str) -> Vec<u8> {
        let mut lines = vec![format!("{} {} HTTP/1.1", self.method, self.target)];
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        lines.push(format!("{framing}\r\n\r\n"));
        lines.join("\r\n").into_bytes()
    }
}

/// A response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap()
    }

    /// Returns the JSON of a response, which must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }

    /// Returns the errors of API 1 in a response, which must have this status.
    #[track_caller]
    pub fn errors(&self, status: u16) -> Vec<Value> {
        let mut body = self.expect(status);
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        let Value::Array(errors) = body["errors"].take() else { panic!("{self:?} has no list of errors") };
        assert!(errors.iter().all(|error| is_sentence(&error["message"])), "{errors:?}");
        errors
    }

    /// Returns the message of API 2 in a response, which must have this status.
    #[track_caller]
    pub fn message(&self, status: u16) -> String {
        let body = self.expect(status);
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        let error = body["_error"].as_object().unwrap();
        assert_eq!(error.keys().collect::<Vec<_>>(), ["message", "status", "title"]);
        assert_eq!(error["status"], status);
        assert!(!error["title"].as_str().unwrap().is_empty(), "{body}");
        let message = error["message"].as_str().unwrap();
        assert!(message.ends_with('.'), "{message} is no sentence");
        message.to_owned()
    }
}

fn is_sentence(text: &Value) -> bool {
    text.as_str().is_some_and(|text| text.starts_with(char::is_uppercase) && text.ends_with('.'))
}

/// A connection that stays open.
pub struct Connection {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Connection {
    pub async fn to(address: SocketAddr) -> Connection {
        Connection::over(TcpStream::connect(address).await.unwrap())
    }

    pub fn over(stream: TcpStream) -> Connection {
        stream.set_nodelay(true).unwrap();
        let (reader, writer) = stream.into_split();
        Connection { reader: BufReader::new(reader), writer }
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).await.unwrap();
    }

    /// Sends a request and reads the response, which may come before all is sent.
    pub async fn ask(&mut self, request: &Request) -> Answer {
        let has_body = request.method != "HEAD";
        self.exchange(&request.bytes(), has_body).await
    }

    pub async fn exchange(&mut self, bytes: &[u8], has_body: bool) -> Answer {
        let writing = async {
            // A server that has answered need not read the rest.
            let _ = self.writer.write_all(bytes).await;
            std::future::pending().await
        };
        tokio::select! {
            answer = read(&mut self.reader, has_body) => answer,
            never = writing => never,
        }
    }

    /// Sends a request, and returns the media type and the bytes of the response.
    pub async fn ask_bytes(&mut self, request: &Request) -> (String, Vec<u8>) {
        self.write(&request.bytes()).await;
        let (status, headers, body) = read_bytes(&mut self.reader, true).await;
        assert_eq!(status, 200, "{headers:?}");
        let media_type = headers.into_iter().find(|(name, _)| name == "content-type").unwrap().1;
        (media_type, body)
    }

    /// Reads the next response.
    pub async fn answer(&mut self) -> Answer {
        read(&mut self.reader, true).await
    }

    /// Reads the status of a response without a body, as for requests that are not HTTP.
    pub async fn exchange_bare(&mut self, bytes: &[u8]) -> u16 {
        self.exchange(bytes, false).await.status
    }

    /// Returns how many bytes arrive before the connection ends.
    pub async fn drain(&mut self) -> usize {
        let (mut piece, mut drained) = (vec![0; 64 * 1024], 0);
        while let Ok(count @ 1..) = self.reader.read(&mut piece).await {
            drained += count;
        }
        drained
    }

    /// Reads the next line.
    pub async fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.reader.read_line(&mut line).await.unwrap() > 0, "the connection ended");
        line.trim_end().to_owned()
    }

    /// Whether the server closes the connection without sending more.
    pub async fn ends(&mut self) -> bool {
        matches!(self.reader.read(&mut [0]).await, Ok(0) | Err(_))
    }
}

async fn read(reader: &mut BufReader<OwnedReadHalf>, has_body: bool) -> Answer {
    let (status, headers, body) = read_bytes(reader, has_body).await;
    Answer { status, headers, body: String::from_utf8(body).unwrap() }
}

async fn read_bytes(reader: &mut BufReader<OwnedReadHalf>, has_body: bool) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let status = line(reader).await;
    let status = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    let mut headers = Vec::new();
    loop {
        let line = line(reader).await;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").map(|(_, value)| value.parse().unwrap());
    // A 204 has no content (RFC 9110, section 15.3.5).
    let has_body = has_body && status != Some(204);
    let mut body = vec![0; if has_body { length.unwrap() } else { 0 }];
    reader.read_exact(&mut body).await.unwrap();
    (status.unwrap(), headers, body)
}

async fn line(reader: &mut BufReader<OwnedReadHalf>) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).await.unwrap();
    assert!(line.ends_with("\r\n"), "the connection ended in the midst of an answer, after {line:?}");
    line.trim_end().to_owned()
}
