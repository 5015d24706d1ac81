"""The engine of ODK Collect, as it ships with pyxform: it fills a form and writes the submission that Collect would
send. Driven from Python through py4j, so that a Java runtime is enough and nothing is compiled."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pyxform
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

JAR = Path(pyxform.__file__).parent / "validators" / "odk_validate" / "bin" / "ODK_Validate.jar"


class Filling:
    """One form being filled."""

    def __init__(self, gateway: JavaGateway, form: Path) -> None:
        self.jvm = gateway.jvm
        self.gateway = gateway
        self.scenario = self.jvm.org.javarosa.test.Scenario.init(self.jvm.java.io.File(str(form)))

    def answer(self, path: str, value: Any) -> str:
        """OK, CONSTRAINT_VIOLATED or REQUIRED_BUT_EMPTY."""
        if "[" in path:  # which of several: then every step says which
            path = path.replace("/data/answers/", "/data/answers[1]/")
        if isinstance(value, list):
            texts = self.gateway.new_array(self.jvm.java.lang.String, len(value))
            for number, each in enumerate(value):
                texts[number] = each
            value = texts
        return str(self.scenario.answer(path, value))

    def walk(self) -> None:
        """Through the whole form, as somebody does who looks at every question: repeats come into being."""
        self.scenario.jumpToBeginningOfForm()
        while not self.scenario.atTheEndOfForm():
            self.scenario.next()

    def value(self, path: str) -> Any:
        answer = self.scenario.answerOf(path)
        return None if answer is None else answer.getDisplayText()

    def relevant(self, path: str) -> bool:
        return bool(self.scenario.getAnswerNode(path).isRelevant())

    def choices(self, path: str) -> list[str]:
        return [each.getValue() for each in self.scenario.choicesOf(path)]

    def repeats(self, path: str) -> int:
        return int(self.scenario.countRepeatInstancesOf(path))

    def submission(self) -> bytes:
        self.scenario.finalizeInstance()
        visitor = self.jvm.org.javarosa.model.xform.XFormSerializingVisitor()
        payload = visitor.createSerializedPayload(self.scenario.getFormDef().getInstance())
        return bytes(payload.getPayloadStream().readAllBytes())


@contextmanager
def engine(folder: Path) -> Iterator[JavaGateway]:
    """A Java machine that finds the lists of forms in `folder`."""
    if shutil.which("java") is None:
        pytest.skip("no Java: install default-jre-headless")
    gateway = launch_gateway(classpath=str(JAR), javaopts=["-Xmx256m"], die_on_exit=True)
    port = gateway if isinstance(gateway, int) else None
    found = JavaGateway(gateway_parameters=GatewayParameters(port=port, auto_convert=True))
    try:
        references = found.jvm.org.javarosa.core.reference
        manager = references.ReferenceManager.instance()
        manager.addReferenceFactory(references.ResourceReferenceFactory())
        # A list is opened by the local address of its reference, which for a resource is the path behind the scheme.
        manager.addRootTranslator(references.RootTranslator("jr://file-csv/", f"jr://resource{folder}/"))
        yield found
    finally:
        found.shutdown()


def put(folder: Path, files: Mapping[str, bytes | str]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
