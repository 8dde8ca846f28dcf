package io.fairlead.interop.contract;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What each pair of languages must do, by the names that the programs know. */
enum ContractCase {
  UNARY,
  SERVER_STREAMING,
  CLIENT_STREAMING,
  BIDI_STREAMING,
  EMPTY_STREAMS,
  TEXT_METADATA,
  BINARY_METADATA,
  TRAILERS,
  ERROR_DETAILS,
  STREAM_ERROR,
  DEADLINE_SEEN,
  DEADLINE_EXPIRES,
  CANCELLATION,
  COMPRESSION,
  LARGE_MESSAGES,
  /** Three programs in a row; the one in the middle is ours. */
  DEADLINE_THREE_HOPS;

  /** A payload of a million bytes, packed, is a few thousand. */
  static final long PACKED = 100_000;

  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  static List<String> ids() {
    return Stream.of(values()).map(ContractCase::id).toList();
  }
}
