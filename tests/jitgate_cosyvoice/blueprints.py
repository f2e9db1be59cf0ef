"""The yaml files of the stand-in checkout: laid out as CosyVoice's, with narrow modules.

The data pipeline at their end can't be imported, and the seeds at their head count: both show what is built.
"""

from __future__ import annotations

HEAD = """
__set_seed1: !apply:random.seed [1986]

sample_rate: 24000
llm_input_size: 32
llm_output_size: 32
spk_embed_dim: 192
token_frame_rate: 25
token_mel_ratio: 2
"""

ENCODER = """
        output_size: 32
        attention_heads: 2
        linear_units: 64
        num_blocks: 2
        dropout_rate: 0.1
        positional_dropout_rate: 0.1
        attention_dropout_rate: 0.1
        normalize_before: True
        input_layer: 'linear'
        pos_enc_layer_type: 'rel_pos_espnet'
        selfattention_layer_type: 'rel_selfattn'
        input_size: 32
        use_cnn_module: False
        macaron_style: False
"""

TAIL = """
parquet_opener: !name:cosyvoice.dataset.processor.parquet_opener
get_tokenizer: !name:whisper.tokenizer.get_tokenizer
    multilingual: True
data_pipeline: [
    !ref <parquet_opener>,
]
train_conf:
    optim_conf:
        lr: 1e-5
"""

LANGUAGE_MODEL = """
qwen_pretrain_path: ''

llm: !new:cosyvoice.llm.llm.Qwen2LM
    llm_input_size: !ref <llm_input_size>
    llm_output_size: !ref <llm_output_size>
    speech_token_size: 6561
    llm: !new:cosyvoice.llm.llm.Qwen2Encoder
        pretrain_path: !ref <qwen_pretrain_path>
    sampling: !name:cosyvoice.utils.common.ras_sampling
        top_p: 0.8
"""

FLOW = """
    output_size: 80
    spk_embed_dim: !ref <spk_embed_dim>
    output_type: 'mel'
    vocab_size: 6561
    input_frame_rate: !ref <token_frame_rate>
    only_mask_loss: True
    token_mel_ratio: !ref <token_mel_ratio>
    pre_lookahead_len: 3
"""

DECODER = """
    decoder: !new:cosyvoice.flow.flow_matching.CausalConditionalCFM
        in_channels: 240
        n_spks: 1
        spk_emb_dim: 80
        cfm_params:
            sigma_min: 1e-06
            inference_cfg_rate: 0.7
"""

VOCODER = """
    in_channels: 80
    base_channels: 16
    sampling_rate: !ref <sample_rate>
    upsample_rates: [8, 5, 3]
    istft_params:
        n_fft: 16
        hop_len: 4
"""

PREDICTOR = """
        num_class: 1
        in_channels: 80
        cond_channels: 16
"""

COSYVOICE2 = f"""{HEAD}{LANGUAGE_MODEL}
flow: !new:cosyvoice.flow.flow.CausalMaskedDiffWithXvec
    input_size: 32{FLOW}
    encoder: !new:cosyvoice.transformer.upsample_encoder.UpsampleConformerEncoder{ENCODER}{DECODER}
        estimator: !new:cosyvoice.flow.decoder.CausalConditionalDecoder
            in_channels: 320
            out_channels: 80
            channels: [256]
            dropout: 0.0
            attention_head_dim: 64
            n_blocks: 4
            num_mid_blocks: 12
            num_heads: 8
            act_fn: 'gelu'
            static_chunk_size: !ref <token_frame_rate> * <token_mel_ratio> # frames
            num_decoding_left_chunks: 2

hift: !new:cosyvoice.hifigan.generator.HiFTGenerator{VOCODER}
    f0_predictor: !new:cosyvoice.hifigan.f0_predictor.ConvRNNF0Predictor{PREDICTOR}
{TAIL}"""

COSYVOICE3 = f"""{HEAD}{LANGUAGE_MODEL}
flow: !new:cosyvoice.flow.flow3.CausalMaskedDiffWithDiT
    input_size: 80{FLOW}
    pre_lookahead_layer: !new:cosyvoice.transformer.ahead.PreLookaheadLayer
        in_channels: 80
        channels: 16
        pre_lookahead_len: 3
{DECODER}
        estimator: !new:cosyvoice.flow.DiT.dit.DiT
            dim: 16
            depth: 2
            heads: 2
            dim_head: 8
            ff_mult: 2
            mel_dim: 80
            mu_dim: 80
            spk_dim: 80
            out_channels: 80
            static_chunk_size: !ref <token_frame_rate> * <token_mel_ratio>
            num_decoding_left_chunks: -1

hift: !new:cosyvoice.hifigan.causal.CausalHiFTGenerator{VOCODER}
    conv_pre_look_right: 4
    f0_predictor: !new:cosyvoice.hifigan.causal.CausalConvRNNF0Predictor{PREDICTOR}
{TAIL}"""

COSYVOICE = f"""{HEAD}
llm: !new:cosyvoice.llm.llm.TransformerLM
    llm_input_size: !ref <llm_input_size>
    text_encoder: !new:cosyvoice.transformer.encoder.ConformerEncoder{ENCODER}
        static_chunk_size: 1
    llm: !new:cosyvoice.transformer.encoder.TransformerEncoder
        input_size: !ref <llm_input_size>
        output_size: !ref <llm_output_size>
        attention_heads: 2
        linear_units: 64
        num_blocks: 2
        input_layer: 'linear_legacy'
        pos_enc_layer_type: 'rel_pos_espnet'
        selfattention_layer_type: 'rel_selfattn'
        static_chunk_size: 1

flow: !new:cosyvoice.flow.flow.MaskedDiffWithXvec
    input_size: 32
    encoder: !new:cosyvoice.transformer.encoder.ConformerEncoder{ENCODER}
{TAIL}"""
