"""Trains models, by the contract of the trainer in Java, and with the same checkpoints: each goes on with the jobs of
the other."""

import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy
from google.protobuf import text_format

import network
from models import Models
from service_process import ServiceProcess, fail
from vision.capture.v1 import capture_pb2, capture_pb2_grpc
from vision.features.v1 import features_pb2_grpc
from vision.models.v1 import models_pb2
from vision.preprocess.v1 import preprocess_pb2_grpc
from vision.train.v1 import checkpoint_pb2, trainer_pb2, trainer_pb2_grpc

JOB_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
DEFAULT_EPOCHS, MAX_EPOCHS, DEFAULT_PATIENCE = 60, 500, 8
# One of this many training examples is not learnt from: it decides when to stop.
VALIDATION = 10
READ_SECONDS = 60


class Examples:
    """The images that people have labelled, as features; read from the other services when needed."""

    def __init__(self, directory, share=""):
        """A share, such as 1/2, says which of the images to learn from are its own; empty for all."""
        self._directory = directory
        self._share = None
        if share:
            number, of = share.split("/")
            self._share = capture_pb2.Share(number=int(number), of=int(of))

    def read(self, split):
        """Returns features and labels, in the order of the images' ids."""
        share = self._share if split == capture_pb2.TRAINING else None
        channel = self._directory.channel
        with (
            channel("vision.capture.v1.Capture") as capture,
            channel("vision.preprocess.v1.Preprocess") as preprocess,
            channel("vision.features.v1.Features") as features,
        ):
            images = capture_pb2_grpc.CaptureStub(capture).Replay(
                capture_pb2.ReplayRequest(split=split, share=share), timeout=READ_SECONDS
            )
            results = preprocess_pb2_grpc.PreprocessStub(preprocess).NormalizeAll(images, timeout=READ_SECONDS)
            good = (result.image for result in results if result.HasField("image"))
            vectors = features_pb2_grpc.FeaturesStub(features).ExtractAll(good, timeout=READ_SECONDS)
            known = {each.id: each for each in vectors if each.HasField("label")}
        if not known:
            raise LookupError("capture has no labelled image in this part; ingest some first")
        chosen = [known[key] for key in sorted(known)]
        values = numpy.array([list(each.values) for each in chosen], numpy.float32)
        return values, numpy.array([each.label for each in chosen])


class Run:
    """A training, epoch by epoch. An epoch depends on seed, examples and the checkpoint before it alone."""

    def __init__(self, request, values, labels, checkpoint):
        self.request = request
        learnt = numpy.arange(len(values)) % VALIDATION != 0
        self._values, self._labels = values[learnt], labels[learnt]
        self._check_values, self._check_labels = values[~learnt], labels[~learnt]
        hidden = [] if request.architecture == trainer_pb2.SOFTMAX else [64, 32]
        self.sizes = [values.shape[1], *hidden, network.CLASSES]
        self._dropout = network.DROPOUT if hidden else 0
        self.last = checkpoint or self._first()

    def _first(self):
        parameters = self.request.initial_parameters or network.initial(self.sizes, self.request.seed).tobytes()
        wanted, given = network.count(self.sizes), len(parameters) / 4
        if given != wanted:
            raise ValueError(f"a network of these layers has {wanted} parameters, and {given:g} are given")
        zeros = bytes(len(parameters))
        return checkpoint_pb2.Checkpoint(
            request=self.request,
            parameters=parameters,
            best_parameters=parameters,
            first_moments=zeros,
            second_moments=zeros,
            best_loss=sys.float_info.max,
        )

    def is_done(self):
        last = self.last
        return last.epoch >= self.request.max_epochs or last.epoch - last.best_epoch >= self.request.patience

    def epoch(self):
        """Learns from each example once, and returns all that the next epoch depends on."""
        begin = time.monotonic()
        last, number = self.last, self.last.epoch + 1
        generator = network.random(self.request.seed, number)
        parameters, first, second = (
            numpy.frombuffer(raw, "<f4").copy() for raw in (last.parameters, last.first_moments, last.second_moments)
        )
        order = generator.permutation(len(self._values))
        loss, steps = 0.0, last.steps
        for at in range(0, len(order), network.BATCH):
            chosen = order[at : at + network.BATCH]
            sums, lost = network.gradients(
                parameters, self.sizes, self._values[chosen], self._labels[chosen], self._dropout, generator
            )
            loss += lost
            steps += 1
            network.adam(parameters, first, second, steps, sums / len(chosen))
        probabilities = network.predict(parameters, self.sizes, self._check_values)
        validation = float(network.cross_entropy(probabilities, self._check_labels).mean())
        better = validation < last.best_loss
        raw = parameters.astype("<f4").tobytes()
        self.last = checkpoint_pb2.Checkpoint(
            request=self.request,
            epoch=number,
            parameters=raw,
            first_moments=first.astype("<f4").tobytes(),
            second_moments=second.astype("<f4").tobytes(),
            steps=steps,
            best_parameters=raw if better else last.best_parameters,
            best_epoch=number if better else last.best_epoch,
            best_loss=validation if better else last.best_loss,
            training_loss=loss / len(order),
            validation_loss=validation,
            validation_accuracy=float((probabilities.argmax(axis=1) == self._check_labels).mean()),
            examples=len(self._values),
            seconds=last.seconds + time.monotonic() - begin,
        )
        return self.last

    def best(self):
        return numpy.frombuffer(self.last.best_parameters, "<f4")


class Job:
    """One job, and all that it has reported."""

    def __init__(self, request, models, examples):
        self.request = request
        self._models = models
        self._examples = examples
        self._reports = []
        self._changed = threading.Condition()
        self.cancelled = False
        self._report(trainer_pb2.Progress(state=trainer_pb2.LOADING))

    def run(self):
        try:
            known = self._finished_before()
            if known:
                epochs = known.epochs
                done = trainer_pb2.Progress(state=trainer_pb2.DONE, epoch=epochs, resumed_after=epochs, result=known)
                self._report(done)
            else:
                self._train()
        except Exception as error:  # whatever it is, who waits for the job must hear of it
            why = error.details() if isinstance(error, grpc.RpcError) else repr(error)
            failed = trainer_pb2.Progress()
            failed.CopyFrom(self.last())
            failed.state, failed.failure = trainer_pb2.FAILED, why
            self._report(failed)

    def _train(self):
        name = f"job-{self.request.job_id}"
        _, saved = self._models.get(name, models_pb2.CHECKPOINT)
        checkpoint = checkpoint_pb2.Checkpoint.FromString(saved) if saved else None
        if checkpoint and checkpoint.request != self.request:
            raise ValueError(f"the job id {self.request.job_id} was used for another request; take a new one")
        run = Run(self.request, *self._examples.read(capture_pb2.TRAINING), checkpoint)
        resumed = run.last.epoch
        while not run.is_done():
            if self.cancelled:
                self._report(progress(run.last, resumed, trainer_pb2.CANCELLED))
                return
            last = run.epoch()
            # First it is kept, then it is told: what a caller has seen is not lost.
            content = last.SerializeToString(deterministic=True)
            self._models.put(name, models_pb2.CHECKPOINT, last.epoch, content, {"job": self.request.job_id})
            self._report(progress(last, resumed, trainer_pb2.RUNNING))
        done = progress(run.last, resumed, trainer_pb2.DONE)
        done.result.CopyFrom(self._finish(run))
        self._report(done)

    def _finish(self, run):
        values, labels = self._examples.read(capture_pb2.TEST)
        probabilities = network.predict(run.best(), run.sizes, values)
        taken = probabilities.argmax(axis=1)
        confusion = numpy.zeros((network.CLASSES, network.CLASSES), int)
        numpy.add.at(confusion, (labels, taken), 1)
        result = trainer_pb2.Result(
            epochs=run.last.epoch,
            best_epoch=run.last.best_epoch,
            seconds=run.last.seconds,
            test_accuracy=float((taken == labels).mean()),
            test_loss=float(network.cross_entropy(probabilities, labels).mean()),
            test_images=len(labels),
            confusion=confusion.ravel().tolist(),
        )
        text = {
            "job": self.request.job_id,
            "accuracy": f"{result.test_accuracy:.4f}",
            "result": text_format.MessageToString(result, as_one_line=True),
        }
        file = network.onnx_file(run.best(), run.sizes)
        artifact = self._models.put(self.request.model_name, models_pb2.MODEL, 0, file, text)
        result.model_version, result.sha256 = artifact.version, artifact.sha256
        return result

    def _finished_before(self):
        """Another process, or this one before it was killed, may have trained it to the end."""
        for artifact in self._models.list(self.request.model_name, models_pb2.MODEL):
            if artifact.labels.get("job") == self.request.job_id:
                result = text_format.Parse(artifact.labels["result"], trainer_pb2.Result())
                result.model_version, result.sha256 = artifact.version, artifact.sha256
                return result
        return None

    def _report(self, report):
        report.job_id = self.request.job_id
        with self._changed:
            self._reports.append(report)
            self._changed.notify_all()

    def last(self):
        with self._changed:
            return self._reports[-1]

    def reports(self, context):
        """Returns all reports, also those to come."""
        index = 0
        while True:
            with self._changed:
                while index >= len(self._reports):
                    self._changed.wait(0.5)
                    if not context.is_active():
                        return
                report = self._reports[index]
            yield report
            index += 1
            if is_over(report):
                return


def is_over(report):
    return report.state in (trainer_pb2.DONE, trainer_pb2.CANCELLED, trainer_pb2.FAILED)


def progress(checkpoint, resumed, state):
    return trainer_pb2.Progress(
        state=state,
        epoch=checkpoint.epoch,
        training_loss=checkpoint.training_loss,
        validation_loss=checkpoint.validation_loss,
        validation_accuracy=checkpoint.validation_accuracy,
        resumed_after=resumed,
    )


class Trainer(trainer_pb2_grpc.TrainerServicer):
    def __init__(self, models, examples):
        self._models = models
        self._examples = examples
        self._jobs = {}
        self._lock = threading.Lock()
        # One thread: two jobs at a time would only take each other's processor.
        self._worker = ThreadPoolExecutor(max_workers=1)

    def Train(self, request, context):
        request = checked(request, context)
        with self._lock:
            job = self._jobs.get(request.job_id)
            other = job is not None and job.request != request
            # One that failed or was cancelled goes on from its checkpoint.
            if job is None or (not other and is_over(job.last()) and not job.last().HasField("result")):
                job = Job(request, self._models, self._examples)
                self._jobs[request.job_id] = job
                self._worker.submit(job.run)
        if other:
            why = f"the job id {request.job_id} was used for another request; take a new one"
            fail(context, grpc.StatusCode.ALREADY_EXISTS, why)
        yield from job.reports(context)

    def GetJob(self, request, context):
        return self._job(request.job_id, context).last()

    def Cancel(self, request, context):
        job = self._job(request.job_id, context)
        job.cancelled = True
        return job.last()

    def _job(self, job_id, context):
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            why = f"the job {job_id} was not asked for since this trainer started; call Train"
            fail(context, grpc.StatusCode.NOT_FOUND, why)
        return job


def checked(request, context):
    """Returns the request with its defaults, as they are in its checkpoint; refuses one that is wrong."""
    refusal = ""
    if not JOB_ID.fullmatch(request.job_id):
        refusal = f'job_id "{request.job_id}" is not 1 to 64 letters, digits and dashes'
    elif not request.model_name.strip():
        refusal = "model_name is empty; it is the name that the model is registered by"
    elif request.architecture not in (trainer_pb2.MLP_64_32, trainer_pb2.SOFTMAX):
        refusal = "architecture is not known to this trainer; it has MLP_64_32 and SOFTMAX"
    elif not 0 <= request.max_epochs <= MAX_EPOCHS:
        refusal = f"max_epochs is {request.max_epochs}; it is 1 to {MAX_EPOCHS}"
    elif request.patience < 0:
        refusal = f"patience is {request.patience}; it is 1 or more"
    if refusal:
        fail(context, grpc.StatusCode.INVALID_ARGUMENT, refusal)
    whole = trainer_pb2.TrainRequest()
    whole.CopyFrom(request)
    whole.max_epochs = request.max_epochs or DEFAULT_EPOCHS
    whole.patience = request.patience or DEFAULT_PATIENCE
    return whole


def main():
    process = ServiceProcess()
    trainer = Trainer(Models(process.directory), Examples(process.directory, process.settings.get("images", "")))
    process.serve(
        "vision.train.v1.Trainer", lambda server: trainer_pb2_grpc.add_TrainerServicer_to_server(trainer, server)
    )


if __name__ == "__main__":
    main()
