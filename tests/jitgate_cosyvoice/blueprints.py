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

COSYVOICE2 = f"""{HEAD}
llm: !new:cosyvoice.llm.llm.Qwen2LM
    llm_input_size: !ref <llm_input_size>
    sampling: !name:cosyvoice.utils.common.ras_sampling
        top_p: 0.8

flow: !new:cosyvoice.flow.flow.CausalMaskedDiffWithXvec
    input_size: 32
    output_size: 80
    spk_embed_dim: !ref <spk_embed_dim>
    output_type: 'mel'
    vocab_size: 6561
    input_frame_rate: !ref <token_frame_rate>
    only_mask_loss: True
    token_mel_ratio: !ref <token_mel_ratio>
    pre_lookahead_len: 3
    encoder: !new:cosyvoice.transformer.upsample_encoder.UpsampleConformerEncoder{ENCODER}
    decoder: !new:cosyvoice.flow.flow_matching.CausalConditionalCFM
        in_channels: 240
        n_spks: 1
        spk_emb_dim: 80
        cfm_params:
            sigma_min: 1e-06
            inference_cfg_rate: 0.7
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

hift: !new:cosyvoice.hifigan.generator.HiFTGenerator
    in_channels: 80
    base_channels: 16
    sampling_rate: !ref <sample_rate>
    upsample_rates: [8, 5, 3]
    istft_params:
        n_fft: 16
        hop_len: 4
    f0_predictor: !new:cosyvoice.hifigan.f0_predictor.ConvRNNF0Predictor
        num_class: 1
        in_channels: 80
        cond_channels: 16
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
