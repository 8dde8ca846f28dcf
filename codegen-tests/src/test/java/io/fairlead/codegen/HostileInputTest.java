package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever standard input holds, the answer is a response, and its error is text for a person. */
class HostileInputTest {
  private static final int ROUNDS = 1500;

  @TempDir Path folder;

  private CodeGeneratorRequest everything() throws IOException {
    return new Project(folder)
        .file(
            "everything.proto",
            Files.readString(Path.of("src", "test", "golden", "everything.proto")))
        .request("");
  }

  private static CodeGeneratorResponse answer(byte[] input) throws IOException {
    return Generator.run(new ByteArrayInputStream(input));
  }

  /** An error that a person can read: no trace, no bug of ours, the same each time. */
  private static void assertCalm(byte[] input, String what) throws IOException {
    CodeGeneratorResponse response = answer(input);
    String error = response.getError();
    assertThat(error)
        .as(what)
        .doesNotContain("\tat ", "this is a bug", "Exception")
        .doesNotContainPattern("[\\x00-\\x09\\x0b-\\x1f]");
    if (response.hasError()) {
      assertThat(response.getFileList()).as(what).isEmpty();
      assertThat(answer(input)).as(what).isEqualTo(response);
    }
  }

  @Test
  void changedBytesNeverEndInAStackTrace() throws IOException {
    byte[] good = everything().toByteArray();
    Random random = new Random(20260901);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bad = good.clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(4) == 0) {
        bad = Arrays.copyOf(bad, random.nextInt(bad.length));
      }
      assertCalm(bad, "round " + round);
    }
  }

  @Test
  void descriptorsThatProtocWouldNeverSendNeverEndInAStackTrace() throws IOException {
    CodeGeneratorRequest good = everything().toBuilder().clearSourceFileDescriptors().build();
    // Only what the contract itself says is changed: the rest is descriptor.proto, 10 times as
    // long.
    CodeGeneratorRequest.Builder small = good.toBuilder();
    Random random = new Random(20260902);
    for (int round = 0; round < ROUNDS; round++) {
      CodeGeneratorRequest.Builder request = small.clone();
      FileDescriptorProto.Builder file =
          request.getProtoFileBuilder(request.getProtoFileCount() - 1);
      for (int i = random.nextInt(3); i >= 0; i--) {
        mutate(file, random);
      }
      assertCalm(request.build().toByteArray(), "round " + round);
    }
  }

  /** Changes one field somewhere in the message: removes, doubles or replaces it. */
  private static void mutate(Message.Builder message, Random random) {
    List<FieldDescriptor> set = new ArrayList<>(message.getAllFields().keySet());
    if (set.isEmpty()) {
      return;
    }
    FieldDescriptor field = set.get(random.nextInt(set.size()));
    boolean deeper =
        field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && random.nextInt(8) > 0;
    if (field.isRepeated()) {
      int index = random.nextInt(message.getRepeatedFieldCount(field));
      if (deeper) {
        mutate(message.getRepeatedFieldBuilder(field, index), random);
      } else if (random.nextBoolean()) {
        message.addRepeatedField(field, message.getRepeatedField(field, index));
      } else {
        message.setRepeatedField(
            field, index, other(field, message.getRepeatedField(field, index), random));
      }
    } else if (deeper) {
      mutate(message.getFieldBuilder(field), random);
    } else if (random.nextBoolean() && !field.isRequired()) {
      message.clearField(field);
    } else {
      message.setField(field, other(field, message.getField(field), random));
    }
  }

  private static Object other(FieldDescriptor field, Object value, Random random) {
    String[] texts = {
      "",
      ".",
      "..",
      "a\nb",
      "1",
      ".golden.v1.Nothing",
      "a.b",
      "java.lang",
      "\u202e",
      "x".repeat(300)
    };
    return switch (field.getJavaType()) {
      case STRING -> texts[random.nextInt(texts.length)];
      case INT -> random.nextBoolean() ? random.nextInt() : -1;
      case LONG -> random.nextLong();
      case BOOLEAN -> random.nextBoolean();
      case BYTE_STRING -> ByteString.copyFromUtf8(texts[random.nextInt(texts.length)]);
      case ENUM ->
          field
              .getEnumType()
              .getValues()
              .get(random.nextInt(field.getEnumType().getValues().size()));
      default -> value;
    };
  }

  @Test
  void filesThatImportEachOtherAreRefused() throws IOException {
    CodeGeneratorRequest request =
        CodeGeneratorRequest.newBuilder()
            .addFileToGenerate("a.proto")
            .addProtoFile(file("a.proto", "b.proto"))
            .addProtoFile(file("b.proto", "a.proto"))
            .build();
    assertThat(answer(request.toByteArray()).getError())
        .isEqualTo("the request has the file a.proto import itself");
  }

  @Test
  void importsThatAreTooDeepForTheStackAreSaid() throws IOException {
    CodeGeneratorRequest.Builder request =
        CodeGeneratorRequest.newBuilder().addFileToGenerate("0.proto");
    for (int i = 0; i < 100_000; i++) {
      request.addProtoFile(file(i + ".proto", (i + 1) + ".proto"));
    }
    assertThat(answer(request.build().toByteArray()).getError())
        .isEqualTo(
            "the contract nests its imports or types too deeply for the stack of a Java thread;"
                + " raise it with JAVA_TOOL_OPTIONS=-Xss16m");
  }

  private static FileDescriptorProto file(String name, String imported) {
    return FileDescriptorProto.newBuilder()
        .setName(name)
        .addDependency(imported)
        .addService(
            com.google.protobuf.DescriptorProtos.ServiceDescriptorProto.newBuilder().setName("S"))
        .build();
  }

  @Test
  void whatIsNoRequestIsSaidAndNotThrown() throws IOException {
    assertThat(answer("syntax = \"proto3\";".getBytes(StandardCharsets.UTF_8)).getError())
        .startsWith(
            "standard input is not a request of protoc (18 bytes); protoc starts this plugin"
                + " itself, see --help: ");
    assertThat(answer(new byte[0]).hasError()).isFalse();
  }

  @Test
  void aRawNewlineInAValueStaysOnItsLine() {
    assertThat(
            Project.of(
                    folder,
                    """
                    syntax = "proto3"; package shop; import "fairlead/options.proto"; message Q {}
                    service S { rpc A(Q) returns (Q) { option (fairlead.method).deadline = "1s\\nok: \\t\\u202e"; } }
                    """)
                .mistakes())
        .singleElement()
        .asString()
        .contains("deadline \"1s\\nok: \\t\\u202e\" is not a duration");
  }

  @Test
  void aHeapThatIsTooSmallIsSaidWithTheSizeAndTheFlag() throws Exception {
    CodeGeneratorRequest.Builder request = everything().toBuilder();
    FileDescriptorProto large = request.getProtoFile(request.getProtoFileCount() - 1);
    for (int i = 0; i < 3000; i++) {
      request.addProtoFile(large.toBuilder().setName("copy" + i + ".proto"));
    }
    Path input = folder.resolve("large.bin");
    Files.write(input, request.build().toByteArray());
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx8m",
                "-cp",
                System.getProperty("java.class.path"),
                "io.fairlead.codegen.Main")
            .redirectInput(input.toFile())
            .redirectError(folder.resolve("err.txt").toFile())
            .start();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    process.getInputStream().transferTo(out);
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(folder.resolve("err.txt")).isEmptyFile();
    assertThat(process.exitValue()).isZero();
    assertThat(CodeGeneratorResponse.parseFrom(out.toByteArray()).getError())
        .matches(
            "the request of protoc has \\d+\\.\\d MB, and a heap of 8 MB is too small for it; raise"
                + " it with JAVA_TOOL_OPTIONS=-Xmx2g, or generate fewer files at a time");
  }
}
