package io.fairlead.gateway;

import com.google.api.HttpBody;
import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.fairlead.CallContext;
import io.fairlead.RpcException;
import io.fairlead.Source;
import io.fairlead.gateway.library.Author;
import io.fairlead.gateway.library.Book;
import io.fairlead.gateway.library.CreateBookRequest;
import io.fairlead.gateway.library.GetBookRequest;
import io.fairlead.gateway.library.Library;
import io.fairlead.gateway.library.Line;
import io.fairlead.gateway.library.ListBooksRequest;
import io.fairlead.gateway.library.ListBooksResponse;
import io.fairlead.gateway.library.MoveBookRequest;
import io.fairlead.gateway.library.Total;
import io.fairlead.gateway.library.UpdateBookRequest;
import io.fairlead.gateway.library.UploadRequest;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Answers with what it was asked, so that a test sees what arrived. */
final class LibraryHandler implements Library {
  private static final Metadata.Key<String> TRAILER =
      Metadata.Key.of("x-trailer", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> HEADER =
      Metadata.Key.of("x-header", Metadata.ASCII_STRING_MARSHALLER);

  private static final int MAX_PAGE = 100;

  /** Counted down when a handler was told that its caller has gone. */
  final CountDownLatch cancelled = new CountDownLatch(1);

  /** Counted down when a handler that waits has begun. */
  final CountDownLatch waiting = new CountDownLatch(1);

  @Override
  public Book getBook(GetBookRequest request) {
    CallContext context = CallContext.current();
    context.header("x-header").ifPresent(value -> context.responseHeaders().put(HEADER, value));
    context.header("x-trailer").ifPresent(value -> context.responseTrailers().put(TRAILER, value));
    switch (request.getName()) {
      case "missing" -> throw RpcException.answer(Status.Code.NOT_FOUND, "there is no such book");
      case "wait" -> {
        context.onCancel(cancelled::countDown);
        waiting.countDown();
        awaitCancelled();
      }
      default -> {}
    }
    Book.Builder book =
        Book.newBuilder()
            .setName(request.getName())
            .setTitle("Über " + request.getName())
            .setPages(1L << 40)
            .setPublished(Timestamp.newBuilder().setSeconds(1_000_000_000));
    if (request.getWithTags()) {
      book.addTags("tagged");
    }
    context
        .remaining()
        .ifPresent(left -> book.setAuthor(Author.newBuilder().setName("has a deadline")));
    return book.build();
  }

  private void awaitCancelled() {
    try {
      boolean unused = cancelled.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Book createBook(CreateBookRequest request) {
    return request.getBook().toBuilder()
        .setName(request.getParent() + "/books/" + request.getBookId())
        .build();
  }

  @Override
  public Book updateBook(UpdateBookRequest request) {
    return request.getBook().toBuilder().addAllTags(request.getUpdateMask().getPathsList()).build();
  }

  @Override
  public Book moveBook(MoveBookRequest request) {
    return Book.newBuilder().setName(request.getName()).setTitle(request.getTo()).build();
  }

  @Override
  public ListBooksResponse listBooks(ListBooksRequest request) {
    ListBooksResponse.Builder response = ListBooksResponse.newBuilder();
    for (int i = 0; i < Math.min(request.getPageSize(), MAX_PAGE); i++) {
      response.addBooks(
          Book.newBuilder()
              .setName(request.getParent() + "/books/" + i)
              .addAllTags(request.getTagsList())
              .setGenre(request.getFilter().getGenre())
              .setPublished(request.getFilter().getSince()));
    }
    return response.build();
  }

  @Override
  public HttpBody cover(GetBookRequest request) {
    return HttpBody.newBuilder()
        .setContentType("image/png")
        .setData(ByteString.copyFrom(new byte[] {(byte) 0x89, 'P', 'N', 'G'}))
        .build();
  }

  @Override
  public Source<Line> read(GetBookRequest request) {
    List<Line> lines =
        List.of(Line.newBuilder().setText("one").build(), Line.newBuilder().setText("two").build());
    if (request.getName().endsWith("torn")) {
      return Source.from(
          out -> {
            out.send(lines.get(0));
            throw RpcException.answer(Status.Code.DATA_LOSS, "the page is torn");
          });
    }
    return Source.from(lines);
  }

  @Override
  public Total count(Source<Line> lines) {
    int count = 0;
    for (Line unused : lines) {
      count++;
    }
    return Total.newBuilder().setLines(count).build();
  }

  @Override
  public Source<Line> echo(Source<Line> lines) {
    return lines;
  }

  @Override
  public Total upload(Source<UploadRequest> parts) {
    Total.Builder total = Total.newBuilder();
    for (UploadRequest part : parts) {
      total.setOf(part.getName() + " " + part.getFile().getContentType());
      total.setBytes(total.getBytes() + part.getFile().getData().size());
    }
    return total.build();
  }

  @Override
  public Source<HttpBody> download(GetBookRequest request) {
    int mebibytes = Integer.parseInt(request.getName());
    ByteString data = ByteString.copyFrom(new byte[64 << 10]);
    HttpBody part = HttpBody.newBuilder().setContentType("video/mp4").setData(data).build();
    return Source.from(
        out -> {
          for (int i = 0; i < mebibytes * 16; i++) {
            out.send(part);
          }
        });
  }
}
