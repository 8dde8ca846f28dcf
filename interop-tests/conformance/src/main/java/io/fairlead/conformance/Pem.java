package io.fairlead.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;

/** The certificates and keys that the runner hands over, as files. */
final class Pem {
  private static final String PKCS1 = " RSA PRIVATE KEY-----";

  /** Version 0, and the algorithm rsaEncryption. */
  private static final byte[] RSA = HexFormat.of().parseHex("020100300d06092a864886f70d0101010500");

  private Pem() {}

  static Path file(ByteString pem) throws IOException {
    Path file = Files.createTempFile("conformance", ".pem");
    file.toFile().deleteOnExit();
    Files.write(file, pem.toByteArray());
    return file;
  }

  /** The runner writes keys as PKCS#1, Java reads PKCS#8: as {@code openssl pkcs8 -topk8} does. */
  static ByteString pkcs8(ByteString pem) {
    String text = pem.toString(US_ASCII);
    if (!text.contains(PKCS1)) {
      return pem;
    }
    String base64 = text.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
    byte[] key = der(0x04, Base64.getDecoder().decode(base64));
    byte[] both = ByteBuffer.allocate(RSA.length + key.length).put(RSA).put(key).array();
    return ByteString.copyFrom(
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(der(0x30, both))
            + "\n-----END PRIVATE KEY-----\n",
        US_ASCII);
  }

  /** All contents here are longer than 255 bytes and shorter than 64 KiB: two bytes of length. */
  private static byte[] der(int tag, byte[] content) {
    return ByteBuffer.allocate(4 + content.length)
        .put((byte) tag)
        .put((byte) 0x82)
        .putShort((short) content.length)
        .put(content)
        .array();
  }
}
