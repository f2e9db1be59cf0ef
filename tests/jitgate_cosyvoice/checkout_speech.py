"""What a stand-in checkout speaks with: a language model, and a pipeline class with the original's `tts()`.

Written for these tests from the interface alone: names, arguments, threads and steps.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from jitgate_cosyvoice.checkout.blueprint import Blueprint
from jitgate_cosyvoice.checkout.imports import Imports
from jitgate_cosyvoice.checkout.place import QWEN_FOLDER, QWEN_KEY, find_checkout
from jitgate_cosyvoice.checkout.speech import PARTS

SPEECH_FILES = {
    "cosyvoice/utils/common.py": """
def ras_sampling(weighted_scores, decoded_tokens, sampling, top_p=0.8, top_k=25, win_size=10, tau_r=0.1):
    raise RuntimeError("a sampler draws, and no two calls would do the same work")
""",
    "cosyvoice/llm/__init__.py": "",
    "cosyvoice/llm/llm.py": """
import json
from pathlib import Path

import torch
from torch import nn


class Tables(nn.Module):
    def __init__(self, vocabulary, width):
        super().__init__()
        self.embed_tokens = nn.Embedding(vocabulary, width)


class Network(nn.Module):
    def __init__(self, vocabulary, width):
        super().__init__()
        self.model = Tables(vocabulary, width)
        self.mix = nn.GRU(width, width, batch_first=True)


class Qwen2Encoder(nn.Module):
    def __init__(self, pretrain_path):
        super().__init__()
        said = json.loads((Path(pretrain_path) / "config.json").read_text())
        self.model = Network(said["vocab_size"], said["hidden_size"])

    def forward_one_step(self, xs, masks, cache=None):
        return self.model.mix(xs, cache)


class Qwen2LM(nn.Module):
    def __init__(self, llm_input_size, llm_output_size, speech_token_size, llm, sampling):
        super().__init__()
        self.speech_token_size = speech_token_size
        self.llm_embedding = nn.Embedding(2, llm_input_size)
        self.llm = llm
        self.llm_decoder = nn.Linear(llm_output_size, speech_token_size + 3)
        self.speech_embedding = nn.Embedding(speech_token_size + 3, llm_input_size)
        self.sampling = sampling

    @torch.inference_mode()
    def inference(self, text, text_len, prompt_text, prompt_text_len, prompt_speech_token, prompt_speech_token_len,
                  embedding, sampling=25, max_token_text_ratio=20, min_token_text_ratio=2, uuid=""):
        words = self.llm.model.model.embed_tokens(torch.cat((prompt_text, text), dim=1))
        start, task = self.llm_embedding.weight[:1].unsqueeze(0), self.llm_embedding.weight[1:].unsqueeze(0)
        x = torch.cat((start, words, task, self.speech_embedding(prompt_speech_token)), dim=1)
        said, cache = [], None
        for _ in range(max_token_text_ratio * text.size(1)):
            mask = torch.ones(1, x.size(1), x.size(1), dtype=torch.bool).tril()
            hidden, cache = self.llm.forward_one_step(x, masks=mask, cache=cache)
            scores = self.llm_decoder(hidden[:, -1]).log_softmax(dim=-1)
            chosen = self.sampling(scores.squeeze(0), said, sampling)
            if chosen >= self.speech_token_size:
                return
            yield chosen
            said.append(chosen)
            x = self.speech_embedding.weight[chosen].view(1, 1, -1)
""",
    "cosyvoice/cli/__init__.py": "",
    "cosyvoice/cli/model.py": """
import threading
import time

import torch


class CosyVoice2Model:
    def __init__(self, llm, flow, hift, fp16=False):
        self.device = torch.device("cpu")
        self.llm, self.flow, self.hift, self.fp16 = llm, flow, hift, fp16
        self.token_hop_len = 25
        self.held = 8

    def job(self, said, ended, **given):
        for token in self.llm.inference(**given):
            said.append(token)
        ended.append(True)

    def sound(self, said, voice, known, source, streaming, final):
        token = torch.tensor([said], dtype=torch.int32)
        mel, _ = self.flow.inference(token=token, token_len=torch.tensor([token.size(1)], dtype=torch.int32),
                                     streaming=streaming, finalize=final, **voice)
        return self.hift.inference(speech_feat=mel[:, :, 2 * known:], cache_source=source)

    def tts(self, text=torch.zeros(1, 0, dtype=torch.int32), flow_embedding=torch.zeros(0, 192),
            llm_embedding=torch.zeros(0, 192), prompt_text=torch.zeros(1, 0, dtype=torch.int32),
            llm_prompt_speech_token=torch.zeros(1, 0, dtype=torch.int32),
            flow_prompt_speech_token=torch.zeros(1, 0, dtype=torch.int32), prompt_speech_feat=torch.zeros(1, 0, 80),
            source_speech_token=torch.zeros(1, 0, dtype=torch.int32), stream=False, speed=1.0, **kwargs):
        def length(x):
            return torch.tensor([x.size(1)], dtype=torch.int32)

        voice = {
            "prompt_token": flow_prompt_speech_token, "prompt_token_len": length(flow_prompt_speech_token),
            "prompt_feat": prompt_speech_feat, "prompt_feat_len": length(prompt_speech_feat),
            "embedding": flow_embedding,
        }
        said, ended = [], []
        thread = threading.Thread(target=self.job, args=(said, ended), kwargs={
            "text": text, "text_len": length(text), "prompt_text": prompt_text, "prompt_text_len": length(prompt_text),
            "prompt_speech_token": llm_prompt_speech_token,
            "prompt_speech_token_len": length(llm_prompt_speech_token), "embedding": llm_embedding,
        })
        thread.start()
        known, source = 0, torch.zeros(1, 1, 0)
        pad = -flow_prompt_speech_token.size(1) % self.token_hop_len
        while stream and not ended or stream and len(said) - known >= self.token_hop_len + pad + 3:
            take = self.token_hop_len + pad
            if len(said) - known < take + 3:
                time.sleep(0.01)
                continue
            audio, source = self.sound(said[: known + take + 3], voice, known, torch.zeros(1, 1, 0), True, False)
            yield {"tts_speech": audio}
            known, pad, self.token_hop_len = known + take, 0, min(100, 2 * self.token_hop_len)
        thread.join()
        audio, _ = self.sound(said, voice, known, torch.zeros(1, 1, 0), False, True)
        yield {"tts_speech": audio}


class CosyVoice3Model(CosyVoice2Model):
    silent_tokens = range(6561)

    def job(self, said, ended, **given):
        for token in self.llm.inference(**given):
            if int(token) not in self.silent_tokens:
                said.append(token)
        ended.append(True)

    def sound(self, said, voice, known, source, streaming, final):
        token = torch.tensor([said], dtype=torch.int32)
        mel, _ = self.flow.inference(token=token, token_len=torch.tensor([token.size(1)], dtype=torch.int32),
                                     streaming=streaming, finalize=final, **voice)
        audio, source = self.hift.inference(speech_feat=mel, finalize=final)
        return audio[:, 960 * known:], source
""",
}


def write_directory(folder: Path, checkout: Path, family: str) -> Path:
    """A model directory of the stand-in: its yaml, the language model's description, and weights."""
    described = folder / QWEN_FOLDER
    described.mkdir(parents=True)
    (described / "config.json").write_text(json.dumps({"vocab_size": 1024, "hidden_size": 32}))
    found = find_checkout(checkout)
    found.activate()
    yaml = folder / f"{family}.yaml"
    yaml.write_bytes(found.blueprint(family).read_bytes())
    blueprint = Blueprint(yaml, "here", Imports(found), {QWEN_KEY: str(described)})
    torch.manual_seed(0)
    for key in PARTS:
        torch.save(blueprint.build(key).state_dict(), folder / f"{key}.pt")
    return folder
