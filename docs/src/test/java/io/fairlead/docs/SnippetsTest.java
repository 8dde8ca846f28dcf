package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every block of Java on a page compiles. */
class SnippetsTest {
  /** The first page: its blocks are compared with the sample that they come from. */
  private static final Path COMPARED = Path.of("../README.md");

  @TempDir Path classes;

  @Test
  void everySnippetCompiles() throws IOException {
    List<Snippet> snippets = new ArrayList<>();
    for (Path page : pages()) {
      snippets.addAll(Snippet.of(name(page), Files.readString(page)));
    }
    assertThat(snippets).as("blocks of Java in docs and READMEs").hasSizeGreaterThan(10);
    assertThat(compile(snippets)).as("page:line: what the compiler says").isEmpty();
  }

  @Test
  void aSnippetThatDoesNotCompileIsNamedWithItsPageAndLine() throws IOException {
    String page =
        """
        # Page

        <!-- given: abstract RpcChannel channel(); -->
        ```java
        channel().close();
        channel().klose();
        ```

        ```java
        static int half(int x) {
          return x / "2";
        }
        ```
        """;
    assertThat(compile(Snippet.of("page.md", page)))
        .hasSize(2)
        .anySatisfy(line -> assertThat(line).startsWith("page.md:6: ").contains("klose"))
        .anySatisfy(line -> assertThat(line).startsWith("page.md:11: "));
  }

  private static List<Path> pages() throws IOException {
    return ProjectFiles.below(Path.of(".."), ".md").stream()
        .filter(file -> !file.equals(COMPARED))
        .toList();
  }

  private static String name(Path page) {
    return Path.of("..").relativize(page).toString();
  }

  private List<String> compile(List<Snippet> snippets) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    assertThat(compiler).as("a JDK, not a JRE").isNotNull();
    DiagnosticCollector<JavaFileObject> said = new DiagnosticCollector<>();
    Map<String, Snippet> byClass = new TreeMap<>();
    List<JavaFileObject> sources = new ArrayList<>();
    for (Snippet snippet : snippets) {
      String className = "Snippet" + byClass.size();
      byClass.put(className, snippet);
      sources.add(new Source(className, snippet.source(className)));
    }
    List<String> options =
        List.of(
            "-proc:none",
            "-d",
            classes.toString(),
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    try (StandardJavaFileManager files = compiler.getStandardFileManager(said, null, null)) {
      Boolean unused = compiler.getTask(null, files, said, options, null, sources).call();
    }
    List<String> errors = new ArrayList<>();
    for (Diagnostic<? extends JavaFileObject> each : said.getDiagnostics()) {
      if (each.getKind() == Diagnostic.Kind.ERROR) {
        errors.add(text(each, byClass));
      }
    }
    return errors;
  }

  private static String text(
      Diagnostic<? extends JavaFileObject> error, Map<String, Snippet> byClass) {
    String message = error.getMessage(Locale.ROOT);
    if (error.getSource() == null) {
      return message;
    }
    String className = error.getSource().getName().replace(".java", "").replace("/", "");
    Snippet snippet = byClass.get(className);
    assertThat(snippet).as(className).isNotNull();
    long line = snippet.line() + error.getLineNumber() - 1 - snippet.offset(className);
    return snippet.page() + ":" + line + ": " + message;
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String code;

    Source(String className, String code) {
      super(URI.create("string:///" + className + ".java"), Kind.SOURCE);
      this.code = code;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return code;
    }
  }
}
