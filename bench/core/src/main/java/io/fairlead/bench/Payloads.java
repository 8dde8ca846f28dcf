package io.fairlead.bench;

import com.google.protobuf.ByteString;
import io.fairlead.bench.v1.Payload;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;

/** The messages that all variants send. */
public final class Payloads {
  private static final Random SAME_EACH_TIME = new Random(7);

  /** About 120 bytes on the wire. */
  public static final Payload SMALL =
      Payload.newBuilder()
          .setId("order-2026-11-21-000001")
          .setAt(1_795_219_200_000L)
          .addMarks(1)
          .addMarks(70_000)
          .addMarks(3)
          .setBody(randomBytes(76))
          .build();

  /** By their size in mebibytes; made when they are asked for. */
  private static final Map<Integer, Payload> LARGE = new ConcurrentHashMap<>();

  private Payloads() {}

  static Payload large(int mebibytes) {
    return LARGE.computeIfAbsent(
        mebibytes,
        size -> Payload.newBuilder().setId("large").setBody(randomBytes(size << 20)).build());
  }

  private static ByteString randomBytes(int size) {
    byte[] bytes = new byte[size];
    SAME_EACH_TIME.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }
}
