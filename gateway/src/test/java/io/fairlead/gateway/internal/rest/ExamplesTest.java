package io.fairlead.gateway.internal.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.google.gson.JsonElement;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.TypeRegistry;
import com.google.rpc.ErrorDetailsProto;
import io.fairlead.gateway.forms.Forms;
import io.fairlead.gateway.internal.json.JsonCodec;
import io.fairlead.gateway.library.Book;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever copies an example out of the document sends what the server takes. */
class ExamplesTest {
  private static final JsonCodec CODEC =
      new JsonCodec(
          TypeRegistry.newBuilder()
              .add(ErrorDetailsProto.getDescriptor().getMessageTypes())
              .build());

  static Stream<Descriptor> types() {
    return Stream.of(
            Forms.getDescriptor().getFile(),
            Book.getDescriptor().getFile(),
            ErrorDetailsProto.getDescriptor())
        .flatMap(file -> file.getMessageTypes().stream());
  }

  @ParameterizedTest
  @MethodSource("types")
  void anExampleIsReadAsItsMessage(Descriptor type) {
    JsonElement example = Examples.message(type, Set.of());
    assertThatCode(() -> CODEC.read(type, example.toString().getBytes(UTF_8)))
        .as(example.toString())
        .doesNotThrowAnyException();
  }

  @Test
  void anExampleOfALargeContractIsNoBook() {
    String example = Examples.message(Forms.getDescriptor(), Set.of()).toString();
    assertThat(example).hasSizeBetween(300, 5_000).contains("\"text\":\"text\"");
  }

  @Test
  void whatOnlyTheServerSetsIsLeftOut() {
    assertThat(Examples.message(Book.getDescriptor(), Set.of("name", "author")).toString())
        .doesNotContain("\"name\"", "author")
        .contains("\"genre\":\"NOVEL\"", "\"pages\":\"1\"", "2026-01-31T09:30:00Z");
  }
}
