package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorRequest;
import com.google.protobuf.compiler.PluginProtos.CodeGeneratorResponse;
import io.fairlead.codegen.names.JavaType;
import io.fairlead.codegen.names.ProtocNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random contracts that protoc accepts: ours compiles, or is refused with places; and every name
 * that we predict is the name of a class that protoc wrote.
 */
class RandomSchemaTest {
  private static final String[] SYNTAXES = {
    "syntax = \"proto2\";", "syntax = \"proto3\";", "edition = \"2023\";", "edition = \"2024\";"
  };
  private static final int SEEDS_PER_SYNTAX = 6;
  private static final String[] TYPES = {
    "String",
    "Source",
    "Channel",
    "Flow",
    "Override",
    "Function",
    "Item",
    "item_line",
    "HTTPReply",
    "V1",
    "Client",
    "Generated",
    "Test",
    "CallContext",
    "Part1",
    "GET",
    "Publisher",
    "Code",
    "Void",
    "io"
  };
  private static final String[] RPCS = {
    "Get",
    "get_all",
    "Import",
    "Null",
    "Wait",
    "URLFetch",
    "V2",
    "Client",
    "Bind",
    "Service",
    "_",
    "Class",
    "GetURL2Go",
    "toString",
    "Yield",
    "x1y2"
  };
  private static final String[] PACKAGES = {
    "shop", "shop.v1", "request.v1", "calls", "io.fairlead.shop", "Item.v1", "handler.client"
  };

  @TempDir Path folder;

  @Test
  void everySchemaCompilesOrIsRefusedAndEveryNameIsRight() throws Exception {
    int compiled = 0;
    for (String syntax : SYNTAXES) {
      for (int seed = 0; seed < SEEDS_PER_SYNTAX; seed++) {
        String text = new Schemas(new Random(seed)).text(syntax);
        Path place = folder.resolve(syntax.replaceAll("\\W", "") + seed);
        if (holds(place, text, syntax + " seed " + seed)) {
          compiled++;
        }
      }
    }
    assertThat(compiled).isGreaterThan(SYNTAXES.length * SEEDS_PER_SYNTAX / 2);
  }

  /** Whether the contract was good; a refused one must say where. */
  private static boolean holds(Path place, String text, String what) throws Exception {
    Project project = Project.of(place, text);
    CodeGeneratorRequest request = project.request("");
    CodeGeneratorResponse response = Generator.run(request);
    if (response.hasError()) {
      assertThat(response.getError().lines().skip(1))
          .as("%s: %s", what, text)
          .isNotEmpty()
          .allMatch(line -> line.matches("test\\.proto:\\d+:\\d+: .*"));
      return false;
    }
    Project.Compiled code = project.compile();
    FileDescriptor file =
        FileDescriptor.buildFrom(
            request.getProtoFile(request.getProtoFileCount() - 1), new FileDescriptor[0], true);
    for (Descriptor message : file.getMessageTypes()) {
      assertClasses(code, message, what + ": " + text);
    }
    String packageName = ProtocNames.fileClass(file).packageName();
    for (String type : ProtocNames.topLevelTypes(file).keySet()) {
      assertThat(code.exists(binary(JavaType.of(packageName, type))))
          .as("%s in %s: %s", type, what, text)
          .isTrue();
    }
    return true;
  }

  private static void assertClasses(Project.Compiled code, Descriptor message, String what) {
    String name = binary(ProtocNames.message(message));
    assertThat(code.exists(name)).as("%s in %s", name, what).isTrue();
    message.getNestedTypes().forEach(nested -> assertClasses(code, nested, what));
  }

  private static String binary(JavaType type) {
    String inPackage = (type.owner().isEmpty() ? "" : type.owner() + ".") + type.path();
    return (type.packageName().isEmpty() ? "" : type.packageName() + ".")
        + inPackage.replace('.', '$');
  }

  /** Makes contracts that protoc accepts. */
  private record Schemas(Random random) {
    String text(String syntax) {
      List<String> types = some(TYPES, 3 + random.nextInt(5));
      StringBuilder text =
          new StringBuilder(syntax).append("\npackage ").append(pick(PACKAGES)).append(";\n");
      if (syntax.contains("2024")) {
        text.append("option features.enforce_naming_style = STYLE_LEGACY;\n");
      } else {
        text.append("option java_multiple_files = ").append(random.nextBoolean()).append(";\n");
      }
      if (random.nextInt(3) == 0) {
        text.append("option java_package = \"com.example\";\n");
      }
      List<String> messages = new ArrayList<>();
      for (String type : types) {
        if (!messages.isEmpty() && random.nextInt(4) == 0) {
          // Values share the scope of their enum, so each needs a name of its own.
          text.append("enum %s { %s_NONE = 0; }%n".formatted(type, type.toUpperCase(Locale.ROOT)));
          continue;
        }
        messages.add(type);
        text.append("message ").append(type).append(" {");
        if (random.nextInt(3) == 0) {
          text.append(" message Inner {}");
          messages.add(type + ".Inner");
        }
        if (random.nextInt(4) == 0) {
          text.append(" enum Kind { NONE = 0; }");
        }
        text.append(" }\n");
      }
      int services = 1 + random.nextInt(2);
      for (int i = 0; i < services; i++) {
        text.append("service ")
            .append(i == 0 ? "Stock" : pick(new String[] {"Service", "io_", "Stocks"}))
            .append(" {\n");
        for (String rpc : some(RPCS, random.nextInt(7))) {
          text.append(
              "  rpc %s(%s .%s) returns (%s .%s);\n"
                  .formatted(
                      rpc,
                      random.nextBoolean() ? "stream" : "",
                      qualified(text, messages),
                      random.nextBoolean() ? "stream" : "",
                      qualified(text, messages)));
        }
        text.append("}\n");
      }
      return text.toString();
    }

    private String qualified(CharSequence text, List<String> messages) {
      String all = text.toString();
      int begin = all.indexOf("package ") + "package ".length();
      return all.substring(begin, all.indexOf(';', begin))
          + "."
          + messages.get(random.nextInt(messages.size()));
    }

    private List<String> some(String[] names, int count) {
      List<String> all = new ArrayList<>(List.of(names));
      Collections.shuffle(all, random);
      return all.subList(0, count);
    }

    private String pick(String[] names) {
      return names[random.nextInt(names.length)];
    }
  }
}
